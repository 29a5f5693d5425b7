// What the suites share: a browser, signing in, and what every page must be.
import { chromium } from "playwright-core";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const base = process.env.REGISTER_URL;
export const desk = { width: 1280, height: 900 };
export const phone = { width: 390, height: 844 };
// 1280 pixels at a zoom of 400 %.
export const zoomed = { width: 320, height: 256 };

// Every page there is, by its path: a test of the console keeps the list whole.
const pages = JSON.parse(readFileSync(new URL("pages.json", import.meta.url), "utf8"));
const sizes = new Map([[desk.width, "at a desk"], [phone.width, "on a phone"], [zoomed.width, "at 400 %"]]);
const noted = new Map(); // what was done with which pages, such as "axe on a phone"

// Notes that something was done with a page, at the size that it has.
export function note(page, what) {
  const how = `${what} ${sizes.get(page.viewportSize().width)}`;
  if (!noted.has(how)) noted.set(how, new Set());
  noted.get(how).add(patternOf(page));
}

function patternOf(page) {
  const path = new URL(page.url()).pathname;
  return pages.find((p) => p === path) ?? pages.find((p) => new RegExp(`^${p.replaceAll(/\{[a-z]+\}/g, "[^/]+")}$`).test(path));
}

export function isNoted(page, what) {
  return noted.get(`${what} ${sizes.get(page.viewportSize().width)}`)?.has(patternOf(page)) ?? false;
}

// There is no page with which something was not done.
export function everyPageHas(...hows) {
  for (const how of hows) {
    for (const p of pages) check(noted.get(how)?.has(p), `${p}: no ${how}`);
  }
}

const failures = [];
let checks = 0;

export function check(ok, what) {
  checks++;
  if (ok) return;
  failures.push(what);
  console.log("  FAILED " + what);
}

export async function suite(name, run) {
  const began = Date.now();
  console.log("-- " + name);
  try {
    await run();
  } catch (error) {
    check(false, `${name}: ${error.stack ?? error}`);
  }
  console.log(`   ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

export function finish() {
  console.log(failures.length === 0 ? `ok, ${checks} checks` : `${failures.length} of ${checks} checks failed:\n${failures.join("\n")}`);
  process.exit(failures.length === 0 ? 0 : 1);
}

export async function launch() {
  const path = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"].find((p) => p && existsSync(p));
  return chromium.launch({ executablePath: path, args: ["--no-sandbox"] });
}

// A window watches what no page may do: break the policy, run a foreign
// script, or ask another site for anything.
export async function open(browser, viewport = desk, options = {}) {
  const context = await browser.newContext({ viewport, ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  watch(page);
  return page;
}

export function watch(page) {
  page.on("console", (m) => {
    if (/Content Security Policy|Trusted/.test(m.text())) check(false, `policy: ${m.text()} at ${page.url()}`);
  });
  page.on("pageerror", (e) => check(false, `script: ${e} at ${page.url()}`));
  page.on("dialog", async (d) => {
    check(false, `a dialog, so a script has run: ${d.message()} at ${page.url()}`);
    await d.dismiss();
  });
  page.on("request", (r) => {
    const host = new URL(r.url()).hostname;
    if (host !== new URL(base).hostname && host !== "localhost") check(false, `a request to ${r.url()}`);
  });
}

export async function signIn(page, account) {
  await page.goto(base + "/sign-in");
  await follow(page, `a[href*="account=${account}"]`);
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

// Signs out, and waits until that is done: to go elsewhere before would break it off.
export async function signOut(page) {
  await follow(page, page.locator("header").getByRole("button", { name: "Sign out" }));
  await page.waitForURL("**/signed-out");
}

// axe-core finds no violation at WCAG 2.2 AA.
export async function accessible(page, what) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Runtime.enable");
  const { result } = await cdp.send("Runtime.evaluate", {
    expression: axe + ";axe.run(document,{runOnly:['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}).then(r=>JSON.stringify(r.violations.map(v=>v.id+': '+v.nodes.map(n=>n.html.slice(0,160)).join(' | '))))",
    awaitPromise: true,
    returnByValue: true,
  });
  await cdp.detach();
  const violations = JSON.parse(result.value);
  note(page, "axe");
  check(violations.length === 0, `axe, ${what}: ${violations.join("\n      ")}`);
}

// Nothing has to be scrolled sideways.
export async function fits(page, what) {
  const over = await page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= wide + 1) return "";
    const worst = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > wide + 1).slice(0, 3);
    return `${document.documentElement.scrollWidth} > ${wide}: ${worst.map((e) => e.outerHTML.slice(0, 100)).join(" | ")}`;
  });
  check(over === "", `does not fit, ${what}: ${over}`);
  note(page, "fit");
}

// A page or a state of one, at every size. Folded parts are opened meanwhile, so that
// what is in them is looked at too. Of what differs little from a page that is looked at
// anyway, a phone's size is enough.
export async function look(page, what) {
  const size = page.viewportSize();
  const folded = await page.evaluate(() => {
    const all = [...document.querySelectorAll("main details")];
    const closed = all.map((d) => !d.open);
    for (const d of all) d.open = true;
    return closed;
  });
  for (const at of /empty|errors/.test(what) ? [phone] : [phone, zoomed, desk]) {
    await page.setViewportSize(at);
    await fits(page, `${what}, ${at.width}`);
    if (at !== zoomed) await accessible(page, `${what}, ${at.width}`);
  }
  check((await page.locator("h1").count()) === 1, `${what} has not one heading`);
  check((await page.getByText("OFFICIAL-SENSITIVE").count()) === 2, `${what} is not marked`);
  await clean(page, what);
  await page.evaluate((closed) => [...document.querySelectorAll("main details")].forEach((d, i) => (d.open = !closed[i])), folded);
  await page.setViewportSize(size);
}

// Clicks what a selector finds first, or a locator, and waits until the page it leads to
// is there whole: what is looked at next is of that page, and all of it.
export async function follow(page, target) {
  const at = typeof target === "string" ? page.locator(target).first() : target;
  await Promise.all([page.waitForEvent("load"), at.click()]);
}

export async function says(page, text) {
  const main = await page.locator("main").innerText();
  check(main.includes(text), `${page.url()} does not say "${text}" but "${main.slice(0, 200)}"`);
}

// No script or style stands in the page itself.
export async function clean(page, what) {
  const inline = await page.evaluate(() =>
    [...document.querySelectorAll("style, [style], script:not([src]), [onclick], [onload], [onerror]")].map((e) => e.outerHTML.slice(0, 100)).join(" | "));
  check(inline === "", `inline, ${what}: ${inline}`);
}

// Goes to an element by the keyboard alone, and sees that the focus shows.
export async function tabTo(page, selector) {
  for (let i = 0; i < 250; i++) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate((s) => {
      const at = document.activeElement;
      if (!at || !at.matches(s)) return null;
      const style = getComputedStyle(at);
      // Radios and check boxes show the focus on the box that is drawn for them.
      const drawn = at.matches("[type=radio], [type=checkbox]") ? getComputedStyle(at.nextElementSibling, "::before") : style;
      return drawn.outlineStyle !== "none" || drawn.boxShadow !== "none" || style.outlineStyle !== "none" || style.boxShadow !== "none";
    }, selector);
    if (found === null) continue;
    check(found, `the focus on ${selector} does not show at ${page.url()}`);
    return;
  }
  throw new Error(`${selector} cannot be reached by the keyboard at ${page.url()}`);
}

export async function typeInto(page, selector, text) {
  await tabTo(page, selector);
  await page.keyboard.type(text);
}

// Chooses an option of a list by the keyboard.
export async function choose(page, selector, title) {
  await tabTo(page, selector);
  await page.keyboard.type(title);
}

export async function press(page, selector, key = "Enter") {
  await tabTo(page, selector);
  await Promise.all([page.waitForEvent("load"), page.keyboard.press(key)]);
}

// fillSearch fills the form of a search for the man of the demonstration, misheard.
export async function fillSearch(page, force) {
  await page.selectOption("#reason", "CRIME_INVESTIGATION");
  await page.fill("#reference", `${force}/1234/26`);
  await page.fill("#given", "Calum");
  await page.fill("#surname", "Thackary");
  await page.fill("#birth-year", "1987");
}
