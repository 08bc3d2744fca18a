/**
 * Progress of long work: conversion, training, evaluation, the search for a layer plan.
 *
 * {@snippet :
 * Progress progress = Progress.of((phase, done, total, loss) ->
 *         System.out.printf("%s: %d of %d, loss %.4f%n", phase, done, total, loss));
 * carve.train(recipe, progress);
 * }
 *
 * <p>A program that draws bars implements {@link carve.runtime.progress.Progress} itself: it opens a bar when a phase begins and
 * removes it when the phase is closed.
 */
package carve.runtime.progress;
