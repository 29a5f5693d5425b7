// What is recorded about a person and asked of other forces: assessments, safety
// plans, questions, of whom to be told, evidence for an order. With scripts each
// page and state is looked at closely; without them all of it works too.
import { accessible, base, check, desk, fits, follow, look, open, phone, says, signIn, signOut, suite } from "./lib.mjs";

const main = (page) => page.locator("main");
const send = async (page, name) => {
  await follow(page, main(page).getByRole("button", { name, exact: true }).last());
};
const link = async (page, name) => {
  await follow(page, main(page).getByRole("link", { name }).first());
};

// The person of whom force 33 holds a record and others too, as a search finds him.
async function findHim(page) {
  await page.goto(base + "/search");
  if (await page.locator("details summary", { hasText: "change" }).count()) await page.locator("details summary", { hasText: "change" }).click();
  await page.selectOption("#reason", "CRIME_INVESTIGATION");
  await page.fill("#reference", "33/1234/26");
  await page.fill("#given", "Calum");
  await page.fill("#surname", "Thackery");
  await page.fill("#birth-year", "1987");
  await send(page, "Search");
  await follow(page, "main a.govuk-button");
}

async function ownRecord(page) {
  await findHim(page);
  await link(page, "Open your force’s record");
  await page.getByText("Your force’s record").first().waitFor();
}

async function risk(browser, options, close) {
  const page = await open(browser, phone, options);
  await signIn(page, "investigator-33");
  await ownRecord(page);
  await says(page, "What you can do now");
  await close(page, "an own record");
  const record = page.url();
  await link(page, "Assess the risk");
  await close(page, "an assessment");
  await send(page, "Record the assessment");
  await says(page, "Choose a grade");
  await close(page, "an assessment, errors");
  await page.locator('input[name="question-1"][value="YES"]').check();
  await page.locator('input[name="question-4"][value="YES"]').check();
  await page.locator('input[name="course"]').first().check();
  await page.locator('input[name="grade"][value="MEDIUM"]').check();
  await page.fill("#rationale", "He has come to her home four times in a week.");
  await send(page, "Record the assessment");
  await says(page, "The assessment is recorded: medium");
  await page.goto(record + "/assessment?tool=DARA");
  await close(page, "an assessment without questions");
  await page.goto(record + "/plan");
  await close(page, "a safety plan to be made");
  await send(page, "Record the plan");
  await close(page, "a safety plan, errors");
  await page.locator('input[name="course"]').first().check();
  await page.locator('input[name="actions"][value="ALARM"]').check();
  await page.locator('input[name="actions"][value="PATROLS"]').check();
  await page.locator('input[name="referrals"][value="MARAC"]').check();
  await page.fill("#due-day", "1");
  await page.fill("#due-month", "3");
  await page.fill("#due-year", "2030");
  await send(page, "Record the plan");
  await says(page, "The safety plan is recorded");
  await close(page, "a safety plan");
  await page.locator("main details summary", { hasText: "Tick off" }).first().click();
  await page.fill("#outcome-0", "Fitted and tested.");
  await send(page, "It is done");
  await says(page, "Fitted and tested.");
  await signOut(page);

  // The supervisor grades it anew.
  await signIn(page, "supervisor-33");
  await page.goto(record);
  await follow(page, 'main a[href^="/assessments/"]');
  await close(page, "an assessment to be graded anew");
  await send(page, "Record the grade");
  await close(page, "an assessment to be graded anew, errors");
  await page.locator('input[name="grade"][value="HIGH"]').check();
  await page.fill("#rationale", "He was convicted of strangling her.");
  await send(page, "Record the grade");
  await says(page, "The assessor graded Medium");
  await close(page, "an assessment graded anew");

  // A document for an order; it carries its own style and the policy allows it.
  await page.goto(record + "/pack");
  await close(page, "a pack of evidence to be made");
  await page.locator('input[name="kind"][value="COURT"]').check();
  await page.fill("#recipient", "Leicester Magistrates’ Court");
  await page.fill("#reference", "SPO/33/7");
  await send(page, "Make the document");
  check((await page.title()).includes("OFFICIAL-SENSITIVE"), "the pack is not marked");
  check(await page.evaluate(() => getComputedStyle(document.querySelector("table")).borderCollapse === "collapse"), "the pack has not its style");
  for (const width of [320, 360, desk.width]) {
    await page.setViewportSize({ ...phone, width });
    await fits(page, `the pack, ${width}`);
    // No word has to be broken to stand in its cell.
    const broken = await page.evaluate(() => {
      const cells = [...document.querySelectorAll("th, td:not(.record)")].filter((e) => e.closest("thead")?.clientWidth !== 1);
      for (const e of cells) e.style.overflowWrap = "normal";
      const wide = cells.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.innerText);
      for (const e of cells) e.style.overflowWrap = "";
      return wide.join(" | ");
    });
    check(broken === "", `the pack, ${width}: does not fit: ${broken}`);
    if (options.javaScriptEnabled !== false) await accessible(page, `the pack, ${width}`);
  }
  await page.setViewportSize(phone);
  await page.goto(record);
  await says(page, "The evidence pack was made for Leicester");
  await page.context().close();
}

async function exchange(browser, options, close) {
  const page = await open(browser, phone, options);
  await signIn(page, "spoc-33");
  await findHim(page);
  await link(page, /Ask a question/);
  await close(page, "a question to be asked");
  await send(page, "Send the question");
  await close(page, "a question, errors");
  await page.fill("#text", "Is he known to carry a knife?");
  await send(page, "Send the question");
  await says(page, "Waits for an answer");
  await close(page, "a question that waits");
  const asked = (await page.locator("main h1").innerText()).replace("Your force asks ", "");
  await page.goto(base + "/questions?list=asked");
  await says(page, "Is he known to carry a knife?");
  await close(page, "questions");
  await findHim(page);
  await link(page, /Tell us when another force registers him/);
  await close(page, "to be told of a person");
  await send(page, "Ask to be told");
  await close(page, "to be told of a person, errors");
  await page.fill("#reason", "A victim of ours was with him.");
  await page.locator('input[name="searches"]').check();
  await send(page, "Ask to be told");
  await says(page, "and of searches");
  await close(page, "of whom to be told");
  await follow(page, page.getByRole("button", { name: /^Stop watching/ }).first());
  await page.getByText("is no longer told").waitFor();
  await signOut(page);

  const account = { "Northumbria": "spoc-10", "Thames Valley": "spoc-43", "Greater Manchester": "spoc-06" }[asked];
  check(account !== undefined, `nobody answers for ${asked}`);
  await signIn(page, account);
  await page.goto(base + "/questions");
  await link(page, "Leicestershire asks your force");
  await says(page, "Your answer is a disclosure to Leicestershire");
  await close(page, "a question to be answered");
  await send(page, "Send the answer");
  await close(page, "a question to be answered, errors");
  await page.fill("#answer", "He was seen with one twice.");
  await send(page, "Send the answer");
  await says(page, "Leicestershire has your answer");
  await close(page, "a question answered");
  await page.context().close();
}

const unlooked = async () => {};

export async function run(browser) {
  await suite("risk, plans and evidence", () => risk(browser, {}, look));
  await suite("questions, and of whom to be told", () => exchange(browser, {}, look));
  await suite("risk, plans and evidence without scripts", () => risk(browser, { javaScriptEnabled: false }, unlooked));
  await suite("questions without scripts", () => exchange(browser, { javaScriptEnabled: false }, unlooked));
}
