// What somebody might try in or through a browser.
import { createServer } from "node:http";
import { base, check, follow, open, signIn, signOut, suite } from "./lib.mjs";

const corpus = [
  "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</textarea><svg onload=alert(1)>", "javascript:alert(1)", "'-alert(1)-'", "</title><script>alert(1)</script>",
  '<a href="javascript:alert(1)">x</a>', "{{constructor.constructor('alert(1)')()}}", '<iframe srcdoc="<script>alert(1)</script>">', "\u2028alert(1)", "<!--<script>",
];

// Each input of each form is filled with each script, and nothing runs: a
// dialog would fail the suite.
async function scripts(browser) {
  const page = await open(browser);
  for (const [account, paths] of [["spoc-33", ["/search", "/register", "/register/conduct"]], ["psd-33", ["/log"]], ["admin", ["/forces/10"]]]) {
    await signIn(page, account);
    for (const path of paths) {
      for (const bad of corpus) {
        await page.goto(base + path);
        await page.evaluate((text) => {
          for (const field of document.querySelectorAll("main input:not([type=hidden]):not([type=radio]):not([type=checkbox]), main textarea")) field.value = text;
          for (const list of document.querySelectorAll("main select")) list.selectedIndex = list.options.length - 1;
          for (const box of document.querySelectorAll("main [type=checkbox]")) box.checked = true;
        }, bad);
        await follow(page, page.locator("main form").last().locator("button.govuk-button").first());
        check((await page.locator("main script, main iframe, main img, main a[href^='javascript']").count()) === 0, `${path}: ${bad} became markup`);
      }
    }
    await signOut(page);
  }
  for (const bad of corpus) {
    await page.goto(base + "/sign-in?to=" + encodeURIComponent(bad));
    await page.goto(base + "/" + encodeURIComponent(bad));
  }
  await page.context().close();
}

// A form on another site is sent with the person's cookies, and refused.
async function forged(browser) {
  const page = await open(browser);
  await signIn(page, "spoc-33");
  const server = createServer((_, answer) => {
    answer.setHeader("Content-Type", "text/html");
    answer.end(`<form method="post" action="${base}/search"><input name="surname" value="Forged"></form><script>document.forms[0].submit()</script>`);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  // Another host and so another site, though the same machine.
  const sent = page.waitForResponse((r) => r.request().method() === "POST");
  await page.goto(`http://localhost:${server.address().port}/`).catch(() => {}); // it goes on by itself
  check((await sent).status() === 403, `a forged form was answered ${(await sent).status()}`);
  server.close();
  await page.context().close();
}

async function cookies(browser) {
  const page = await open(browser);
  await page.context().addCookies([{ name: "register-session", value: "A".repeat(43), url: base }]);
  await signIn(page, "investigator-33");
  const held = (await page.context().cookies()).filter((c) => c.name.endsWith("session"));
  check(held.length === 1 && held[0].value !== "A".repeat(43), "the session was not begun afresh");
  check(held[0].httpOnly && held[0].sameSite === "Lax" && held[0].path === "/", "the cookie's flags are wrong");
  check((await page.evaluate(() => document.cookie)) === "", "a script can read a cookie");
  check((await page.evaluate(() => Object.keys(localStorage).length + Object.keys(sessionStorage).length)) === 0, "something is kept in the browser");
  await page.context().close();
}

// After the sign-out, the back button shows nothing.
async function back(browser) {
  const page = await open(browser);
  await signIn(page, "investigator-33");
  await page.selectOption("#reason", "CRIME_INVESTIGATION");
  await page.fill("#reference", "33/1234/26");
  await page.fill("#surname", "Thackery");
  await follow(page, "main form button.govuk-button");
  await page.getByRole("heading", { name: /found/ }).waitFor();
  await signOut(page);
  for (let i = 0; i < 4; i++) {
    await page.goBack().catch(() => {}); // there may be no page before
    check(!(await page.locator("body").innerText()).includes("Thackery"), `after the sign-out, ${page.url()} is still shown`);
  }
  await page.context().close();
}

async function redirects(browser) {
  for (const to of ["https://evil.example/", "//evil.example/", "/\\evil.example", "/%5Cevil.example", "javascript:alert(1)"]) {
    const page = await open(browser);
    await page.goto(base + "/sign-in?to=" + encodeURIComponent(to));
    await follow(page, 'a[href*="account=investigator-33"]');
    check(new URL(page.url()).origin === base, `${to} led to ${page.url()}`);
    await page.context().close();
  }
}

export async function run(browser) {
  await suite("scripts through every input", () => scripts(browser));
  await suite("forged forms", () => forged(browser));
  await suite("cookies", () => cookies(browser));
  await suite("the back button after the sign-out", () => back(browser));
  await suite("redirects", () => redirects(browser));
}
