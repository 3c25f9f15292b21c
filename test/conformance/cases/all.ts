/** Declares all cases. */
import "./connect.ts";
import "./draft.ts";
import "./hwm.ts";
import "./options.ts";
import "./own.ts";
import "./proxy.ts";
import "./pubsub.ts";
import "./router.ts";
import "./security.ts";
import "./spec.ts";
import "./stream.ts";
import "./timing.ts";
import "./zap.ts";
