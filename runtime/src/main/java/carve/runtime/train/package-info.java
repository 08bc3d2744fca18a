/**
 * Training of a stage, whatever its objective: batches in a fixed order, gradients, steps, checkpoints and metrics.
 *
 * <p>The {@link carve.runtime.train.Trainer} goes through steps. For each it asks an {@link
 * carve.runtime.train.Objective} for the gradients of one or more batches, which end up in a {@link
 * carve.runtime.train.GradientAccumulator}; it reads losses and gradient norms back in one download, clips, and lets the
 * optimizer replace the trained parameters. Everything that a step depends on is a function of settings, data and step
 * number, or lies in the checkpoint ({@link carve.runtime.train.CheckpointFolder}), so that ten steps equal five, a stop, and
 * five more, bit for bit.
 */
package carve.runtime.train;
