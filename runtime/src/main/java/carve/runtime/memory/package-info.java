/**
 * What training takes, counted without a value being computed: models, losses and optimizers run as they are on a device that
 * knows shapes alone, {@link carve.runtime.memory.MetaDevice}.
 */
package carve.runtime.memory;
