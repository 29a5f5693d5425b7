// The main path, from the report of one force to the log of another.
import { accessible, base, check, choose, clean, desk, fits, follow, open, phone, press, says, signIn, signOut, suite, tabTo, typeInto } from "./lib.mjs";

// By the keyboard alone: force 33 registers, force 10 finds, 10 confirms, 33 is told,
// and professional standards of 10 see it all. With scripts and without.
export async function byKeyboard(browser, viewport, surname, options = {}) {
  const looked = async (page, what) => {
    await fits(page, what);
    if (options.javaScriptEnabled !== false) await accessible(page, what);
  };
  const a = await open(browser, viewport, options);
  await a.goto(base + "/sign-in");
  await press(a, 'a[href*="account=investigator-33"]');
  await press(a, 'a[href="/register"]');
  await registerByKeyboard(a, surname, "33/900/26");
  await says(a, `The report on Lorcan ${surname} is registered`);
  await says(a, "access log, entry");

  // Force 10 searches under a misspelt name and opens what it finds.
  const b = await open(browser, viewport, options);
  await b.goto(base + "/sign-in");
  await press(b, 'a[href*="account=spoc-10"]');
  await b.goto(base + "/search");
  await choose(b, "#reason", "Crime investigation");
  await typeInto(b, "#reference", "10/901/26");
  await typeInto(b, "#given", "Lorcen");
  await typeInto(b, "#surname", surname.slice(0, -1));
  await typeInto(b, "#birth-year", "1979");
  await press(b, "main form button.govuk-button");
  await says(b, "Lorcan " + surname);
  await says(b, "recorded under your name");
  await looked(b, "a result");
  await press(b, "main a.govuk-button");
  await says(b, "Timeline");
  await says(b, "Threat or violence");
  await looked(b, "a person");

  // Force 10 registers him too; the two are linked, and it confirms.
  await b.goto(base + "/register");
  await registerByKeyboard(b, surname, "10/902/26");
  await says(b, "He may be known already");
  await says(b, "Leicestershire");
  await press(b, 'main a[href^="/links/"]');
  await says(b, "Are these the same person?");
  await looked(b, "a link");
  await typeInto(b, "#why", "The same telephone number and date of birth.");
  await press(b, 'button[value="confirm"]');
  await says(b, "Confirmed");
  const record = await b.locator('main a[href^="/nominals/"]').first().getAttribute("href");

  // Force 33 is told.
  const c = await open(browser, viewport, options);
  await signIn(c, "spoc-33");
  await c.goto(base + "/alerts");
  await says(c, "Link confirmed, Northumbria");
  await looked(c, "alerts");
  await press(c, "main form button.as-link");
  await says(c, "The alert is taken up");

  // Professional standards of force 10 see who searched and who confirmed.
  const d = await open(browser, viewport, options);
  await signIn(d, "psd-10");
  await d.goto(base + "/log");
  await choose(d, "#purpose", "Self-monitoring");
  await typeInto(d, "#reference", "PSD/10/1");
  await press(d, 'button[value="list"]');
  for (const done of ["Searched", "Opened a person", "Registered a nominal", "Registered a course of conduct", "Read a link", "Confirmed a link"]) await says(d, done);
  await says(d, "spoc-10");
  await looked(d, "the log");
  await press(d, 'button[name="subject"]');
  await says(d, "By day and hour");
  await looked(d, "somebody's activity");
  await d.goto(base + record);
  await press(d, 'form[action="/log"] button');
  await says(d, "Registered a nominal");
  await says(d, "spoc-10");
  await looked(d, "who saw a record");
  for (const page of [a, b, c, d]) await page.context().close();
}

async function registerByKeyboard(page, surname, reference) {
  await typeInto(page, "#reference", reference);
  await typeInto(page, "#given", "Lorcan");
  await typeInto(page, "#surname", surname);
  await typeInto(page, "#birth-day", "9");
  await typeInto(page, "#birth-month", "11");
  await typeInto(page, "#birth-year", "1979");
  await tabTo(page, "main details summary");
  await page.keyboard.press("Enter");
  await typeInto(page, "#phone", "07700 900" + (700 + surname.length));
  await press(page, "main form[action='/register'] button.govuk-button");
  await press(page, 'main a[href="/register/conduct"]');
  await typeInto(page, "#occurred-day", "3");
  await typeInto(page, "#occurred-month", "8");
  await typeInto(page, "#occurred-year", "2026");
  await tabTo(page, 'input[name="behaviours"][value="FOLLOWING"]');
  await page.keyboard.press("Space");
  await tabTo(page, 'input[name="behaviours"][value="THREATS_TO_KILL"]');
  await page.keyboard.press("Space");
  await typeInto(page, "#narrative", "Waited outside, and threatened her.");
  await choose(page, "#offence", "Stalking");
  await choose(page, "#relationship", "Stranger");
  await typeInto(page, "#victim-given", "Ottoline");
  await typeInto(page, "#victim-surname", "Quince");
  await press(page, 'button[value="register"]');
}

// On a phone with scripts the menu is folded away; its pages are looked at there.
async function menuByKeyboard(browser) {
  const a = await open(browser, phone);
  await signIn(a, "spoc-10");
  check(!(await a.locator('nav a[href="/alerts"]').isVisible()), "the menu is not folded away on a phone");
  await tabTo(a, ".govuk-service-navigation__toggle");
  await a.keyboard.press("Enter");
  await accessible(a, "the menu on a phone");
  await fits(a, "the menu on a phone");
  await press(a, 'nav a[href="/alerts"]');
  await says(a, "Alerts");
  await a.context().close();
}

// The same without scripts, by pointing.
export async function withoutScripts(browser) {
  const a = await open(browser, phone, { javaScriptEnabled: false });
  await a.goto(base + "/sign-in");
  await follow(a, 'a[href*="account=investigator-33"]');
  check(await a.locator('nav a[href="/register"]').isVisible(), "the menu does not show without scripts");
  await a.selectOption("#reason", "RISK_ASSESSMENT");
  await a.fill("#reference", "33/903/26");
  await a.fill("#given", "Calum");
  await a.fill("#surname", "Thackary");
  await follow(a, "main form button.govuk-button");
  await a.getByRole("heading", { name: /found/ }).waitFor();
  await follow(a, "main a.govuk-button");
  await a.getByRole("heading", { name: "Timeline" }).waitFor();
  await follow(a, ".govuk-back-link");
  await a.getByRole("heading", { name: /found/ }).waitFor();
  await follow(a, 'nav a[href="/register"]');
  await follow(a, "main form[action='/register'] button.govuk-button");
  await a.getByRole("heading", { name: "There is a problem" }).waitFor();
  await signOut(a);
  await a.getByRole("heading", { name: "You have signed out" }).waitFor();
  await a.context().close();
}

// A list that is open shows what is new without being asked.
export async function live(browser) {
  const a = await open(browser);
  await signIn(a, "spoc-43");
  await a.goto(base + "/alerts");
  const before = await a.locator("#alerts > li").count();
  const every = await a.locator("#alerts").getAttribute("data-every");
  check(Number(every) >= 10, "an open list asks too often");
  const c = await open(browser);
  await signIn(c, "supervisor-33");
  await c.goto(base + "/duties");
  const duties = await c.locator("#duties > li").count();
  const b = await open(browser);
  await signIn(b, "investigator-33");
  await b.goto(base + "/register");
  await b.fill("#reference", "33/904/26");
  await b.fill("#given", "Callum");
  await b.fill("#surname", "Dunmore");
  await b.fill("#birth-day", "14");
  await b.fill("#birth-month", "3");
  await b.fill("#birth-year", "1987");
  await b.locator("main details summary").first().click();
  await b.fill("#phone", "07700 900588");
  await follow(b, "main form[action='/register'] button.govuk-button");
  await follow(b, 'a[href="/register/conduct"]');
  await b.fill("#occurred-day", "1");
  await b.fill("#occurred-month", "9");
  await b.fill("#occurred-year", "2026");
  await b.check('input[name="behaviours"][value="THREATS_TO_KILL"]');
  await b.fill("#victim-given", "Xanthe");
  await b.fill("#victim-surname", "Plover");
  await follow(b, 'button[value="register"]');
  await b.getByRole("heading", { name: /is registered/ }).waitFor();
  await a.locator("#alerts > li").nth(before).waitFor({ timeout: 60_000 });
  check(/new alert/.test(await a.locator("#live-status").innerText()), "what is new is not announced");
  await accessible(a, "a list that kept itself up to date");
  await clean(a, "a list that kept itself up to date");
  // The threat is a duty of the force that has registered it, in its place by deadline.
  await c.locator("#duties > li").nth(duties).waitFor({ timeout: 60_000 });
  check(/new dut/.test(await c.locator("#live-status").innerText()), "a new duty is not announced");
  check((await c.locator("#duties > li h3 a").evaluateAll((all) => all.every((a) => a.textContent && /^\/duties\//.test(a.getAttribute("href"))))), "a row is not whole");
  await accessible(c, "duties that kept themselves up to date");
  await clean(c, "duties that kept themselves up to date");
  for (const page of [a, b, c]) await page.context().close();
}

export async function run(browser) {
  await suite("the main path by the keyboard, at a desk", () => byKeyboard(browser, desk, "Vantongeren"));
  await suite("the main path by the keyboard, on a phone and without scripts", () => byKeyboard(browser, phone, "Oyelaran", { javaScriptEnabled: false }));
  await suite("the menu by the keyboard, on a phone", () => menuByKeyboard(browser));
  await suite("without scripts, on a phone", () => withoutScripts(browser));
  await suite("an open list keeps itself up to date", () => live(browser));
}
