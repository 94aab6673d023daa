// Draws the reference from the document that this server gives. Addresses are relative, so that a prefix does no harm.
"use strict";

const here = document.baseURI;
let token;

// A browser that is signed in sends its cookie by itself; what changes something needs the token beside it.
async function csrf() {
  token ??= fetch(new URL("api/v1/user", here), { credentials: "same-origin" })
    .then((answer) => (answer.ok ? answer.json() : null))
    .then((user) => user?.meta?.csrf_token)
    .catch(() => undefined);
  return token;
}

SwaggerUIBundle({
  url: new URL("api/v1/openapi.json", here).href,
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "none",
  validatorUrl: null,
  requestInterceptor: async (request) => {
    const changes = !["GET", "HEAD", undefined].includes(request.method?.toUpperCase());
    if (changes && !request.headers.Authorization && !request.headers["X-CSRF-Token"]) {
      const known = await csrf();
      if (known) request.headers["X-CSRF-Token"] = known;
    }
    return request;
  },
});
