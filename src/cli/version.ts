export { MODEL, VERSION } from "../journal/version.ts";
