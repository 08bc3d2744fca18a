/**
 * Parameters: what parts of a model ask for by name, their first values, the store that holds them, and globs that choose
 * among them.
 *
 * <p>A model is data. Training watches the chosen tensors and replaces them in the {@link carve.api.param.ParamStore};
 * parts see {@link carve.api.param.Params}, a function from names under their own prefix to tensors.
 */
package carve.api.param;
