/** The pages of runs: their data over HTTP, in the server of models and in a server of their own. */
package carve.app.serve.web;
