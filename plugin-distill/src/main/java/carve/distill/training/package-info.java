/**
 * How a stage trains, whatever its objective: batches in a fixed order, gradients, steps, checkpoints and metrics.
 *
 * <p>The {@link carve.distill.training.Trainer} goes through steps. For each it asks an {@link
 * carve.distill.training.Objective} for the gradients of one or more batches, which end up in a {@link
 * carve.distill.training.StepBuffer}; it reads losses and gradient norms back in one download, clips, and lets the
 * optimizer replace the trained parameters. Everything that a step depends on is a function of settings, data and step
 * number, or lies in the checkpoint ({@link carve.distill.training.RunFolder}), so that ten steps equal five, a stop, and
 * five more, bit for bit.
 */
package carve.distill.training;
