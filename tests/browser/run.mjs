// All suites, against the register at REGISTER_URL.
import { finish, launch } from "./lib.mjs";
import * as path from "./path.mjs";
import * as pages from "./pages.mjs";
import * as attacks from "./attacks.mjs";

const browser = await launch();
for (const part of [path, pages, attacks]) await part.run(browser);
await browser.close();
finish();
