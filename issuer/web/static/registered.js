// Asks the platform around this page to close it: LTI Dynamic Registration 1.0, section 3.6.
"use strict";
(window.opener || window.parent).postMessage(
  { subject: "org.imsglobal.lti.close" },
  document.querySelector("[data-site]").dataset.site,
);
