/**
 * The mixer {@code attention}: softmax attention as decoder-only Transformers have it. A plan says {@code layers =
 * [attention]}; it has no settings, everything comes from the model.
 */
package carve.attention;
