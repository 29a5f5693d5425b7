// The pages of professional standards and of the national auditor: sanctions,
// unsealing, dip samples, evidence, holds, readings, case access, the log's health.
// One walk through all of them serves the tests, with scripts and without, and the
// pictures.
import { createHash, randomBytes } from "node:crypto";
import { base, check, desk, fillSearch, follow, look, open, phone, says, signIn, suite } from "./lib.mjs";

const send = async (page, name, within = "main") => {
  await follow(page, page.locator(within).getByRole("button", { name }).first());
};
const go = (page, path) => page.goto(base + path);
// What was given last is folded away.
const purpose = async (page, reference) => {
  if (!(await page.locator("#purpose").isVisible())) return;
  await page.selectOption("#purpose", "SELF_MONITORING");
  await page.fill("#reference", reference);
};

async function searched(browser) {
  const page = await open(browser, desk);
  await signIn(page, "investigator-43");
  await fillSearch(page, "43");
  await send(page, "Search");
  await page.context().close();
}

// The demonstration has a supervisor of the force 33 who looked up a woman and those
// around her. It is worked on once; then it is among what is decided.
async function cases(page, seen) {
  await go(page, "/cases?list=all");
  await seen(page, "cases");
  await follow(page, page.locator("main .card a", { hasText: "supervisor-33" }).first());
  const take = page.getByRole("button", { name: "Take the case" });
  if (await take.count()) {
    await seen(page, "case");
    await send(page, "Take the case");
    await page.locator("main details summary", { hasText: "Decide" }).click();
    await send(page, "Decide");
    await says(page, "There is a problem");
    await seen(page, "case-errors");
    await page.locator("main details summary", { hasText: "Add a note" }).click();
    await page.locator("main textarea").nth(1).fill("No incident of the force bears this reference. ".repeat(8));
    await send(page, "Record the note");
    await page.locator("main details summary", { hasText: "Decide" }).click();
    await page.locator('main input[name="outcome"][value="CONCERN"]').check();
    await page.locator("main textarea").last().fill("He could not say for which case he searched.");
    await send(page, "Decide");
  }
  await says(page, "Decided");
  await seen(page, "case-decided");
  await go(page, "/cases/rules");
  await says(page, "Right");
  await seen(page, "rules");
}

async function empty(page, seen) {
  for (const list of ["cases", "standards/sanctions", "standards/unsealings", "standards/samples", "standards/holds"]) {
    await go(page, "/" + list);
    await says(page, "There are none");
    await seen(page, "empty-" + list.replace("standards/", ""));
  }
  await go(page, "/log");
  await purpose(page, "PSD/10/1");
  await page.fill("#crime", "10/NOBODY/26");
  await send(page, "Show entries");
  await says(page, "No entry is like that");
  await seen(page, "log-empty");
}

async function sanctions(page, seen) {
  await go(page, "/standards");
  await seen(page, "standards");
  await go(page, "/log");
  await send(page, "Show entries");
  await says(page, "There is a problem");
  await seen(page, "log-errors");
  await go(page, "/log");
  await purpose(page, "PSD/43/1");
  await page.fill("#subject", "investigator-43");
  await send(page, "Show a person’s activity");
  await says(page, "What investigator-43 did");
  await seen(page, "activity-of-a-person");
  await send(page, "Impose a sanction on investigator-43");
  await seen(page, "impose-a-sanction");
  await send(page, "Impose the sanction");
  await says(page, "There is a problem");
  await seen(page, "impose-errors");
  await page.locator('input[name="kind"][value="SUSPENSION"]').check();
  await page.fill("#why", "Searches at night that no case explains.");
  await page.fill("#reference", "PSD/43/1");
  await send(page, "Impose the sanction");
  await says(page, "is suspended");
  await seen(page, "sanctions");
  await page.locator("main details summary", { hasText: "Lift it" }).first().click();
  await send(page, "Lift the sanction");
  await says(page, "There is a problem");
  await page.locator('main textarea[name^="why-"]').first().fill("Every search was for his inspector.");
  await send(page, "Lift the sanction");
  await says(page, "is lifted");
  await go(page, "/standards/sanctions?list=all");
  await says(page, "Suspended, lifted");
  await seen(page, "sanctions-lifted");
}

async function unsealing(page, second, seen) {
  await go(page, "/log");
  await purpose(page, "PSD/43/1");
  await page.selectOption("#method", "SearchService.CreateSearch");
  await send(page, "Show entries");
  await follow(page, page.locator("main a", { hasText: "Ask to unseal" }).first());
  await seen(page, "ask-to-unseal");
  await send(page, "Ask a second person");
  await says(page, "There is a problem");
  await page.fill("#why", "No case is known for this search.");
  await page.locator("#declared").check();
  await send(page, "Ask a second person");
  await says(page, "Waits for a second person");
  await seen(page, "unsealing-asked");
  await go(second, "/standards/unsealings");
  await seen(second, "unsealing-to-approve");
  await send(second, "Approve");
  await says(second, "There is a problem");
  await second.locator('main input[name^="declared-"]').first().check();
  await send(second, "Approve");
  await says(second, "It is approved");
  await go(page, "/standards/unsealings");
  await send(page, "Open");
  await says(page, "This is shown once");
  await says(page, "Calum Thackary");
  await seen(page, "what-was-sealed");
}

// The nonce is made in the browser where scripts run, else elsewhere.
async function commitment(page) {
  const button = page.getByRole("button", { name: "Make a nonce in this browser" });
  if (await button.isVisible()) {
    await button.click();
    await page.locator("[data-nonce] .code", { hasText: /^[0-9a-f]{64}$/ }).waitFor();
    const nonce = await page.locator("[data-nonce] .code").innerText();
    const hash = createHash("sha256").update(Buffer.from(nonce, "hex")).digest("hex");
    check((await page.locator("#commitment").inputValue()) === hash, "the commitment is not the nonce's hash");
    check((await page.locator(`main form [value="${nonce}"]`).count()) === 0, "the nonce is in a form");
    return nonce;
  }
  const nonce = randomBytes(32);
  await page.fill("#commitment", createHash("sha256").update(nonce).digest("hex"));
  return nonce.toString("hex");
}

async function reveal(page, nonce) {
  for (let i = 0; i < 60; i++) {
    await page.fill("#nonce", nonce);
    await send(page, "Reveal it");
    if (!(await page.locator("main").innerText()).includes("not co-signed")) return;
    await page.waitForTimeout(1000); // until the witness has co-signed
  }
  check(false, "no witness co-signs");
}

async function samples(page, auditor, seen) {
  await go(page, "/standards/samples/new");
  await seen(page, "sample-terms");
  await send(page, "Begin the sample");
  await says(page, "There is a problem");
  await seen(page, "sample-errors");
  await page.fill("#size", "16"); // so many that not all are his own, which another judges
  await purpose(page, "DIP/43/26");
  const mine = await commitment(page);
  await send(page, "Begin the sample");
  await says(page, "The sample is begun");
  const at = new URL(page.url()).pathname;
  await auditor.goto(base + at);
  await seen(auditor, "sample-to-commit");
  const his = await commitment(auditor);
  await send(auditor, "Commit");
  await says(auditor, "Waits for both to reveal");
  await page.goto(base + at);
  await seen(page, "sample-to-reveal");
  await reveal(page, mine);
  await reveal(auditor, his);
  await says(auditor, "What was drawn");
  await page.goto(base + at);
  await says(page, "What was drawn");
  await page.locator("main details summary", { hasText: "Judge" }).first().click();
  await send(page, "Record the verdict");
  await says(page, "Choose a verdict");
  await page.locator('main input[value="QUESTIONED"]').first().check();
  await page.locator('main textarea[name^="note-"]').first().fill("No case bears this reference.");
  await send(page, "Record the verdict");
  await says(page, "1 questioned");
  await seen(page, "sample-drawn");
  await go(page, "/standards/samples");
  await says(page, "Drawn, 1 of");
  await seen(page, "samples");
}

async function evidence(page, seen) {
  await go(page, "/standards/evidence");
  await seen(page, "evidence-form");
  await send(page, "Make and download");
  await says(page, "There is a problem");
  await seen(page, "evidence-errors");
  await page.fill("#crime", "43/1234/26");
  await page.fill("#recipient", "iopc");
  await purpose(page, "IOPC/26/3");
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Make and download" }).click()]);
  check(/^evidence-entry-\d+\.zip$/.test(file.suggestedFilename()), `the bundle is called ${file.suggestedFilename()}`);
  check((await file.failure()) === null, "the bundle broke off");
  await follow(page, page.getByRole("link", { name: "Then show where it is recorded" }));
  await says(page, "Made during this sign-in");
  await seen(page, "evidence-made");
}

async function holds(page, seen) {
  await go(page, "/standards/holds/new");
  await seen(page, "hold-to-place");
  await send(page, "Place the hold");
  await says(page, "There is a problem");
  await seen(page, "hold-errors");
  await page.fill("#crime", "43/1234/26");
  await page.fill("#why", "Misconduct proceedings are under way.");
  await page.fill("#reference", "PSD/43/1");
  await send(page, "Place the hold");
  await says(page, "Under the reference 43/1234/26");
  await seen(page, "holds");
  await page.locator("main details summary", { hasText: "Lift it" }).first().click();
  await page.locator('main textarea[name^="why-"]').first().fill("The proceedings have ended.");
  await send(page, "Lift the hold");
  await says(page, "The hold is lifted");
}

async function readings(page, seen) {
  await go(page, "/standards/readings");
  await seen(page, "readings-form");
  await page.selectOption("#of", "43");
  await purpose(page, "REVIEW/10/26");
  await send(page, "Show readings");
  await says(page, "psd-43");
  await page.locator("main details summary", { hasText: "Judge" }).first().click();
  await send(page, "Record the verdict");
  await says(page, "There is a problem");
  await seen(page, "reading-errors");
  await page.locator('main input[value="PROPER"]').first().check();
  await send(page, "Record the verdict");
  await says(page, "is recorded");
  await seen(page, "readings");
}

async function caseAccess(page, seen) {
  await go(page, "/standards/case-access");
  await page.selectOption("#force", "43");
  await send(page, "Show this force");
  await seen(page, "case-access");
  await send(page, "Open the case access");
  await says(page, "There is a problem");
  await seen(page, "case-access-errors");
  await purpose(page, "IOPC/26/9");
  await page.fill("#why", "A complaint about an officer.");
  await page.fill("#days", "30");
  await send(page, "Open the case access");
  await says(page, "The case access is open");
  await follow(page, page.locator("main a", { hasText: "Ask to unseal an entry" }).first());
  await seen(page, "ask-to-unseal-as-auditor");
  await go(page, "/standards/sanctions?force=43");
  await seen(page, "sanctions-for-the-auditor");
}

// Walks through all pages; seen is told of each, with a name.
export async function walk(browser, viewport, options, seen) {
  await searched(browser);
  const as = async (account) => {
    const page = await open(browser, viewport, options);
    await signIn(page, account);
    return page;
  };
  const [psd, second, auditor, other, dealing] = [await as("psd-43"), await as("psd2-43"), await as("auditor"), await as("psd-10"), await as("psd-33")];
  await cases(dealing, seen);
  await empty(other, seen);
  await sanctions(psd, seen);
  await unsealing(psd, second, seen);
  await samples(psd, auditor, seen);
  await evidence(psd, seen);
  await holds(psd, seen);
  await readings(other, seen);
  await caseAccess(auditor, seen);
  await go(psd, "/log/health");
  await says(psd, "holds all that was co-signed, unchanged");
  await seen(psd, "log-health");
  await go(psd, "/clients");
  await says(psd, "Development only");
  await seen(psd, "clients");
  for (const page of [psd, second, auditor, other, dealing]) await page.context().close();
}

async function refused(browser) {
  const page = await open(browser);
  await signIn(page, "supervisor-43");
  for (const path of ["", "/sanctions", "/sanctions/new", "/unsealings", "/unsealings/new", "/samples", "/samples/new", "/evidence", "/holds", "/holds/new", "/readings", "/case-access"]) {
    check((await go(page, "/standards" + path)).status() === 403, `a supervisor is not refused /standards${path}`);
  }
  await page.context().close();
}

export async function run(browser) {
  await suite("professional standards, each page and state", () => walk(browser, desk, {}, look));
  await suite("professional standards without scripts, on a phone", () => walk(browser, phone, { javaScriptEnabled: false }, async () => {}));
  await suite("professional standards are refused to others", () => refused(browser));
}
