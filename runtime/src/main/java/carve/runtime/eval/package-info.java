/** Evaluation of models on questions with known answers. */
package carve.runtime.eval;
