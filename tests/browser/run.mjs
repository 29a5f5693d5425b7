// All suites, against the register at REGISTER_URL.
import { everyPageHas, finish, launch, suite } from "./lib.mjs";
import * as path from "./path.mjs";
import * as conduct from "./conduct.mjs";
import * as pages from "./pages.mjs";
import * as standards from "./standards.mjs";
import * as transfers from "./transfers.mjs";
import * as others from "./others.mjs";
import * as attacks from "./attacks.mjs";

const browser = await launch();
const parts = { path, conduct, transfers, pages, standards, others, attacks };
// A name on the command line runs that part alone.
for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)) await parts[name].run(browser);
// After all of them, no page is left that was not looked at.
if (process.argv.length === 2) {
  await suite("no page was missed", async () => everyPageHas("axe at a desk", "axe on a phone", "fit at a desk", "fit on a phone", "fit at 400 %"));
}
await browser.close();
finish();
