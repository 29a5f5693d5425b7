// The pages by which no other walk comes, or not at every size.
import { base, desk, fillSearch, follow, look, open, says, signIn, signOut, suite } from "./lib.mjs";

async function found(page) {
  await page.goto(base + "/search");
  await fillSearch(page, "33");
  await follow(page, "main form button.govuk-button");
}

async function report(page, surname, seen) {
  await page.goto(base + "/register");
  await page.fill("#reference", "33/920/26");
  await page.fill("#given", "Calum");
  await page.fill("#surname", surname);
  await page.fill("#birth-year", "1987");
  await follow(page, "main form[action='/register'] button.govuk-button");
  await seen(page, "matches");
  await follow(page, 'a[href="/register/conduct"]');
  await page.fill("#occurred-day", "1");
  await page.fill("#occurred-month", "9");
  await page.fill("#occurred-year", "2026");
  await page.check('input[name="behaviours"][value="CONTACT"]');
  await page.fill("#victim-given", "Xanthe");
  await page.fill("#victim-surname", "Dunlin");
  await follow(page, 'button[value="register"]');
  await says(page, "is registered");
  await seen(page, "registered");
}

// A measure and its breach are recorded on a record.
async function measure(page, record, seen) {
  await page.goto(record + "/measure");
  await seen(page, "measure");
  await follow(page, "main form button.govuk-button");
  await says(page, "There is a problem");
  await seen(page, "measure-errors");
  await page.selectOption("#kind", "COURT_BAIL");
  await page.locator('input[name="status"][value="IN_FORCE"]').check();
  for (const [part, value] of [["day", "1"], ["month", "6"], ["year", "2026"]]) await page.fill("#from-" + part, value);
  await page.locator('input[name="conditions"][value="NO_CONTACT"]').check();
  await follow(page, "main form button.govuk-button");
  await says(page, "The measure is recorded");
  await follow(page, 'main a[href$="/breach"]');
  await seen(page, "breach");
  await follow(page, "main form button.govuk-button");
  await says(page, "There is a problem");
  await seen(page, "breach-errors");
  for (const [part, value] of [["day", "2"], ["month", "6"], ["year", "2026"]]) await page.fill("#occurred-" + part, value);
  await page.check('input[name="behaviours"][value="CONTACT"]');
  await page.selectOption("#action", "CHARGED");
  await page.fill("#crime-reference", "33/921/26");
  await follow(page, "main form button.govuk-button");
  await says(page, "The breach is recorded");
  await says(page, "What the register knows of him");
  await seen(page, "breach-recorded");
}

// Walks through all of them; seen is told of each page, with a name.
export async function walk(browser, viewport, options, surname, seen) {
  const a = await open(browser, viewport, options);
  await a.goto(base + "/sign-in");
  await seen(a, "sign-in");
  await signIn(a, "spoc-33");
  await found(a);
  await seen(a, "result");
  await follow(a, "main a.govuk-button");
  await seen(a, "person");
  await follow(a, 'main a:text-is("Open your force’s record")');
  const record = a.url();
  await seen(a, "own-record");
  await a.goto(record + "/person");
  await seen(a, "one-person");
  await measure(a, record, seen);
  await report(a, surname, seen);
  await a.goto(base + "/work/ranked");
  await says(a, "Ranked list");
  await seen(a, "ranked");
  await a.goto(base + "/duties");
  await follow(a, 'main h3 a[href^="/duties/"]');
  await seen(a, "duty");
  await a.goto(base + "/links?list=automatic");
  await seen(a, "links");
  await follow(a, 'main a[href^="/links/"]');
  await seen(a, "link");
  await signOut(a);
  await seen(a, "signed-out");
  await signIn(a, "admin");
  await a.goto(base + "/forces/33");
  await seen(a, "contact");
  await a.context().close();
}

export async function run(browser) {
  await suite("the pages by which no other walk comes", () => walk(browser, desk, {}, "Thackerey", look));
}
