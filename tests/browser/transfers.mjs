// A matter is handed over, by the keyboard alone: force 33 offers it, force 10 takes it
// over and both see it; it is offered back, taken back, offered again and declined. One
// walk serves the tests, with scripts and without, and the pictures.
import { base, choose, follow, look, open, phone, press, says, signIn, suite, tabTo, typeInto } from "./lib.mjs";

// The last button of a name, or link, by the keyboard.
const button = (name) => `main button[value="${name}"]`;
const fold = async (page, text) => {
  await tabTo(page, `main details:has(button[value="${text}"]) summary`);
  await page.keyboard.press("Enter");
};

// A report of a man whom no other force knows. It returns the page of his record.
async function reported(page, surname) {
  await page.goto(base + "/register");
  await page.fill("#reference", "33/910/26");
  await page.fill("#given", "Odhran");
  await page.fill("#surname", surname);
  await page.fill("#birth-year", "1991");
  await follow(page, "main form[action='/register'] button.govuk-button");
  await follow(page, 'a[href="/register/conduct"]');
  await page.fill("#occurred-day", "3");
  await page.fill("#occurred-month", "8");
  await page.fill("#occurred-year", "2026");
  await page.check('input[name="behaviours"][value="THREATS_TO_KILL"]');
  await page.fill("#victim-given", "Petronella");
  await page.fill("#victim-surname", "Sandpiper");
  await follow(page, 'button[value="register"]');
  await follow(page, page.getByRole("link", { name: "Open the record" }));
  await page.getByText("Your force’s record").first().waitFor();
  return page.url();
}

async function offer(page, record, to, seen) {
  await page.goto(record);
  await press(page, 'main a[href$="/transfer"]');
  await seen(page, "offer-a-matter");
  await press(page, "main form button.govuk-button");
  await says(page, "There is a problem");
  await seen(page, "offer-errors");
  await choose(page, "#to", to);
  await typeInto(page, "#reason", "The victim has moved there.");
  await press(page, "main form button.govuk-button");
  await says(page, "Waits for an answer");
  return page.url();
}

const unseen = async () => {};

// Walks through all of it; seen is told of each page, with a name.
export async function walk(browser, viewport, options, surname, seen) {
  const a = await open(browser, viewport, options);
  await signIn(a, "spoc-33");
  const record = await reported(a, surname);
  const offered = await offer(a, record, "Northumbria", seen);
  await seen(a, "transfer-offered");
  await a.goto(record);
  await says(a, "It is offered to another force");
  await a.goto(base + "/transfers?list=offered");
  await says(a, "Your force offers a matter to Northumbria");
  await seen(a, "transfers-offered");

  const b = await open(browser, viewport, options);
  await signIn(b, "spoc-10");
  await b.goto(base + "/work");
  await says(b, "Transfers to answer");
  await seen(b, "work-with-a-transfer");
  await press(b, 'main a[href="/transfers"]');
  await says(b, "Leicestershire offers your force a matter");
  await seen(b, "transfers-to-answer");
  await b.goto(base + "/duties");
  await follow(b, b.getByRole("link", { name: "Matter offered by another force" }).first());
  await says(b, "nothing else closes this duty");
  await seen(b, "duty-to-answer");
  await press(b, 'main a[href^="/transfers/"]');
  await says(b, "What would go over");
  await seen(b, "transfer-to-answer");
  await press(b, button("accept"));
  await says(b, "Enter your reference of the matter");
  await seen(b, "transfer-to-answer-errors");
  await fold(b, "decline");
  await press(b, button("decline"));
  await says(b, "Say why, in at least 10 characters");
  await typeInto(b, "#reference", "10/77/26-" + surname);
  await typeInto(b, "#officer", "5150");
  await typeInto(b, "#answer", "We have her now.");
  await press(b, button("accept"));
  await says(b, "The matter is your force’s now");
  await seen(b, "transfer-accepted");
  await press(b, 'main a[href^="/nominals/"]');
  await says(b, "Leicestershire since");
  await says(b, "Northumbria since");
  const theirs = b.url();
  await seen(b, "record-taken-over");
  await a.goto(offered);
  await says(a, "We have her now.");
  await a.goto(base + "/alerts");
  await says(a, "A matter has changed hands, Northumbria");

  // It is offered back and taken back, and once more and declined.
  await offer(b, theirs, "Leicestershire", unseen);
  await fold(b, "withdraw");
  await seen(b, "transfer-to-take-back");
  await typeInto(b, "#why", "She has not come back.");
  await press(b, button("withdraw"));
  await says(b, "The offer is taken back");
  const again = await offer(b, theirs, "Leicestershire", unseen);
  await a.goto(again);
  await says(a, `On which record of your force`);
  await says(a, `Odhran ${surname}`);
  await seen(a, "transfer-on-an-own-record");
  await fold(a, "decline");
  await typeInto(a, "#decline-why", "She lives with you.");
  await press(a, button("decline"));
  await says(a, "it stays with the other force");
  await a.goto(base + "/transfers?list=all");
  await seen(a, "transfers");
  for (const page of [a, b]) await page.context().close();
}

export async function run(browser) {
  await suite("a matter is handed over, by the keyboard", () => walk(browser, phone, {}, "Quillfeather", look));
  await suite("a matter is handed over, by the keyboard and without scripts", () => walk(browser, phone, { javaScriptEnabled: false }, "Ravenscroft", unseen));
}
