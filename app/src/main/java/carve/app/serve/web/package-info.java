/** The web page. */
package carve.app.serve.web;
