// Starts the reader of the API's document that the page has loaded: Swagger UI or Redoc.
(() => {
  const place = document.getElementById("api");
  const url = place.dataset.document;
  if (window.SwaggerUIBundle) {
    window.SwaggerUIBundle({
      url,
      domNode: place,
      deepLinking: true,
      // Both would ask servers of others.
      validatorUrl: null,
      queryConfigEnabled: false,
      // A key typed in lives as long as the page.
      persistAuthorization: false,
    });
  } else {
    // The styles that Redoc writes carry this page's nonce; its search would need a worker.
    const nonce = document.currentScript.nonce;
    window.Redoc.init(url, { nonce, disableSearch: true, hideDownloadButton: true }, place);
  }
})();
