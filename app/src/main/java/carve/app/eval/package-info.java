/** Evaluation of models from the command line. */
package carve.app.eval;
