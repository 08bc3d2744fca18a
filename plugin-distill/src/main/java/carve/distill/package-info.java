/** Distillation: losses, stages, optimizers, schedules. */
package carve.distill;
