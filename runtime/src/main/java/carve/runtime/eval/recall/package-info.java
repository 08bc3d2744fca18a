/**
 * Recall tasks: texts of any length in which something must be found again, made from a seed without any download.
 *
 * <p>A {@link carve.runtime.eval.recall.RecallTask} makes examples, and {@link carve.runtime.eval.recall.RecallTasks} knows all by
 * name. {@link carve.runtime.eval.recall.RecallEvaluation} lets a model answer them greedily and scores what it has generated, by
 * length and depth. {@link carve.runtime.eval.recall.Mqar} is the token-level task on which small models are trained.
 *
 * {@snippet :
 * List<RecallTask> tasks = RecallTasks.named(List.of("niah-multikey", "key-value"), Haystack.NOISE);
 * RecallGrid grid = RecallGrid.of(List.of(512, 1024), 20, 42, 16);
 * RecallScores scores = new RecallEvaluation(model, processor, grid).run(tasks, ProgressListener.NONE);
 * System.out.println(scores.accuracy());
 * }
 *
 * <p>Another task is a record that implements {@code RecallTask} and a line in {@code RecallTasks}.
 */
package carve.runtime.eval.recall;
