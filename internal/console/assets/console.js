// The console works without this. It adds the menu on phones, live lists, a
// warning before the sign-in runs out, and printing.
import { initAll } from "./govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

// A page that the browser has kept must not outlive the sign-in.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

for (const box of document.querySelectorAll("[data-nonce]")) makeNonce(box);

warnBeforeTimeout(document.querySelector("[data-idle]"));
for (const list of document.querySelectorAll("[data-live]")) keepLive(list);
for (const list of document.querySelectorAll("[data-counts]")) keepCounts(list);

// Two minutes before the sign-in runs out, offers to stay.
function warnBeforeTimeout(box) {
  if (!box) return;
  const idle = Number(box.dataset.idle) * 1000;
  let timer;
  const arm = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (box.hidden = false), Math.max(idle - 120000, idle / 2));
  };
  box.querySelector("button").addEventListener("click", async () => {
    const answer = await fetch("/session/extend", { method: "POST", redirect: "manual" });
    if (!answer.ok) location.assign("/sign-in");
    box.hidden = true;
    arm();
  });
  arm();
}

// Asks for the rows of a list that are new, and adds them; of a list that is told
// whole, the rows that are there follow it. The answer is JSON; the row is made of
// the page's own template, so no text becomes markup.
function keepLive(list) {
  const template = document.getElementById(list.dataset.template);
  keepAsking(list, (news) => {
    const known = new Map([...list.children].map((row) => [row.id, row]));
    let fresh = 0;
    news.rows.forEach((row, i) => {
      let node = known.get(row.id);
      known.delete(row.id);
      if (!node) {
        node = template.content.firstElementChild.cloneNode(true);
        node.id = row.id;
        fresh++;
      } else if (!news.whole) return;
      fill(node, row);
      // What stands in its place is left there, so that it keeps the focus.
      if (!news.whole) list.prepend(node);
      else if (list.children[i] !== node) list.insertBefore(node, list.children[i] ?? null);
    });
    if (news.whole) for (const gone of known.values()) gone.remove();
    list.dataset.live = news.next;
    return fresh === 0 ? "" : `${fresh} ${fresh === 1 ? (list.dataset.one ?? "new alert") : (list.dataset.many ?? "new alerts")}`;
  });
}

// Asks for the numbers of a page of work.
function keepCounts(list) {
  keepAsking(list, (counts) => {
    for (const part of list.querySelectorAll("[data-count]")) {
      part.textContent = counts[part.dataset.count] ?? "";
      part.hidden = part.textContent === "";
    }
    return "";
  });
}

// Asks again and again while somebody may be looking, and says what came of it.
function keepAsking(list, take) {
  const status = document.getElementById(list.dataset.status);
  setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(list.dataset.live ?? list.dataset.counts, { redirect: "manual", headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error("not answered");
      const said = take(await answer.json());
      if (said || status.dataset.failed) status.textContent = said;
      delete status.dataset.failed;
    } catch {
      status.textContent = "This list is not being kept up to date now. Reload the page.";
      status.dataset.failed = "1";
    }
  }, Number(list.dataset.every) * 1000);
}

function fill(node, row) {
  for (const part of node.querySelectorAll("[data-text]")) part.textContent = row[part.dataset.text] ?? "";
  for (const part of node.querySelectorAll("[data-href]")) {
    const to = row[part.dataset.href];
    if (to) part.setAttribute("href", to);
    else part.remove();
  }
  for (const part of node.querySelectorAll("[data-action]")) part.setAttribute("action", row[part.dataset.action]);
  for (const part of node.querySelectorAll("[data-show]")) part.hidden = !row[part.dataset.show];
  for (const part of node.querySelectorAll("[data-tag]")) part.className = "govuk-tag " + row[part.dataset.tag];
}

// Makes a secret nonce, and fills in the hash by which one is bound to it. The nonce
// itself is shown, and is in no form.
function makeNonce(box) {
  if (!crypto.subtle) return;
  const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  box.hidden = false;
  box.querySelector("button").addEventListener("click", async () => {
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    document.getElementById(box.dataset.nonce).value = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", nonce)));
    box.querySelector("[role=status]").textContent = "Its hash is filled in above. Keep this nonce; it cannot be shown again:";
    box.querySelector(".code").textContent = hex(nonce);
  });
}
