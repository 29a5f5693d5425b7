// Every page for every role, at a desk, on a phone and at 400 %, and the states
// that pages can be in.
import { accessible, base, check, clean, desk, fillSearch, fits, follow, open, phone, signIn, suite, zoomed } from "./lib.mjs";

const accounts = ["investigator-33", "control_room-33", "spoc-33", "supervisor-33", "psd-33", "dpo-33", "auditor", "admin"];

// Each page is looked at closely once: by the first role that has it.
async function everyPage(browser) {
  const seen = new Set();
  for (const account of accounts) {
    const page = await open(browser);
    await signIn(page, account);
    const links = await page.locator("nav .govuk-service-navigation__link").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
    check(links.length > 0, `${account} has no page`);
    for (const path of links) {
      const answer = await page.goto(base + path);
      check(answer.status() === 200, `${account}: ${path}: ${answer.status()}`);
      check((await page.locator("h1").count()) === 1, `${account}: ${path} has not one heading`);
      check((await page.getByText("OFFICIAL-SENSITIVE").count()) === 2, `${account}: ${path} is not marked`);
      await clean(page, path);
      if (seen.has(path)) continue;
      seen.add(path);
      for (const [what, size] of [["desk", desk], ["phone", phone], ["400 %", zoomed]]) {
        await page.setViewportSize(size);
        await fits(page, `${path}, ${what}`);
        if (size !== zoomed) await accessible(page, `${path}, ${what}`);
      }
      await page.setViewportSize(desk);
    }
    for (const path of ["/search", "/register", "/work", "/alerts", "/links", "/questions", "/transfers", "/subscriptions", "/log", "/standards", "/administration"]) {
      if (links.includes(path)) continue;
      check((await page.goto(base + path)).status() === 403, `${account} is not refused ${path}`);
    }
    await accessible(page, `refused, ${account}`);
    await page.context().close();
  }
}

async function states(browser) {
  const page = await open(browser, phone);
  await page.goto(base + "/sign-in");
  await accessible(page, "sign-in");
  await fits(page, "sign-in");
  await signIn(page, "investigator-33");
  const look = async (what) => {
    for (const size of [phone, zoomed, desk]) {
      await page.setViewportSize(size);
      await fits(page, `${what}, ${size.width}`);
      await accessible(page, `${what}, ${size.width}`);
    }
    await clean(page, what);
  };
  const search = async (fields) => {
    await page.goto(base + "/search");
    if (await page.locator("details summary", { hasText: "change" }).count()) await page.locator("details summary", { hasText: "change" }).click();
    for (const [name, value] of Object.entries({ reason: "CRIME_INVESTIGATION", reference: "33/1234/26", ...fields })) {
      if (name === "reason") await page.selectOption("#reason", value);
      else await page.fill("#" + name, value);
    }
    await follow(page, "main form button.govuk-button");
  };
  await search({ reason: "", reference: "", "birth-day": "41" });
  check((await page.title()).startsWith("Error: "), "the title does not tell of the errors");
  check(await page.evaluate(() => document.activeElement.matches(".govuk-error-summary")), "the errors have not the focus");
  await page.locator(".govuk-error-summary a").first().click();
  check(await page.evaluate(() => document.activeElement.id !== "" && document.activeElement.matches("input, select")), "an error does not lead to its field");
  await look("errors");
  await search({ surname: "Nobodyheldthisname" });
  check((await page.locator("main").innerText()).includes("No record does not mean no risk"), "no hit is not said plainly");
  await look("no record");
  const long = "Wolfeschlegelsteinhausenbergerdorff".repeat(3);
  await search({ surname: long, given: "A".repeat(100) });
  await look("a long name");
  await page.goto(base + "/register");
  await page.fill("#reference", "33/" + "9".repeat(60));
  await page.fill("#surname", long);
  await page.fill("#given", "Ignatius");
  await follow(page, "main form[action='/register'] button.govuk-button");
  await page.goto(base + "/register/conduct");
  await look("what happened, a long name");
  await follow(page, 'button[value="register"]');
  await look("what happened, errors");
  await page.goto(base + "/nowhere");
  await look("no such page");
  await page.context().close();
}

async function printed(browser) {
  const page = await open(browser);
  await signIn(page, "investigator-33");
  await page.emulateMedia({ media: "print" });
  check(await page.getByText("OFFICIAL-SENSITIVE").first().isVisible(), "the marking is not printed");
  check(!(await page.locator("nav").first().isVisible()), "the menu is printed");
  // What is folded away on a screen is not on paper.
  await page.emulateMedia({ media: "screen" });
  await page.goto(base + "/search");
  await fillSearch(page, "33");
  await follow(page, "main form button.govuk-button");
  await follow(page, "main a.govuk-button");
  const folded = () => page.locator("details:not([open])", { hasText: "not critical" }).locator("h3").first().evaluate((e) => e.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true }));
  check(!(await folded()), "what is not critical is not folded away");
  await page.emulateMedia({ media: "print" });
  check(await folded(), "what is folded away is not printed");
  await page.context().close();
}

export async function run(browser) {
  await suite("every page for every role", () => everyPage(browser));
  await suite("errors, empty and long", () => states(browser));
  await suite("printed", () => printed(browser));
}
