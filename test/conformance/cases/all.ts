/** Declares all cases. */
import "./connect.ts";
import "./hwm.ts";
import "./router.ts";
import "./spec.ts";
