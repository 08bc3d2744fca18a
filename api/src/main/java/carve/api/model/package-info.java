/**
 * Models: their specification as data, the assembly of hybrids, running them, and the SPI of model families.
 *
 * <p>A {@link carve.api.model.ModelFamily} reads {@code config.json} and gives a {@link carve.api.model.ModelSpec}, a list
 * of {@link carve.api.model.Block}s between an input encoder and an output layer. A {@link carve.api.model.LayerPlan}
 * says which mixers a student has instead, in words, ratios or the notation of other projects. {@link carve.api.model.HybridModel} runs either.
 */
package carve.api.model;
