/**
 * The SPI of training: stages, optimizers, schedules and data. A recipe is a list of stages; a stage selects parameters by
 * glob, observes named sites of teacher and student, and makes the sum of weighted losses small.
 */
package carve.api.stage;
