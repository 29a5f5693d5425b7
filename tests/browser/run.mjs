// All suites, against the register at REGISTER_URL.
import { finish, launch } from "./lib.mjs";
import * as path from "./path.mjs";
import * as conduct from "./conduct.mjs";
import * as pages from "./pages.mjs";
import * as standards from "./standards.mjs";
import * as attacks from "./attacks.mjs";

const browser = await launch();
const parts = { path, conduct, pages, standards, attacks };
// A name on the command line runs that part alone.
for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)) await parts[name].run(browser);
await browser.close();
finish();
