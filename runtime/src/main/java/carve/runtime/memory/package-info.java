/**
 * Estimates of memory and memory traffic, computed from shapes alone.
 *
 * <p>{@link carve.runtime.memory.InferenceCost} counts weights and caches of each layer. The others run a model, its losses and its
 * optimizer on a {@link carve.runtime.memory.MetaDevice}, whose tensors have shapes and no values, as PyTorch's meta device.
 *
 * {@snippet :
 * InferenceCost cost = InferenceCost.of(folder, 16 * 1024);
 * cost.layers().forEach(layer -> System.out.println(layer.mixer() + " " + layer.cacheBytes()));
 * }
 */
package carve.runtime.memory;
