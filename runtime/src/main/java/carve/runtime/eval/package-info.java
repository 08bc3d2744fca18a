/**
 * Evaluation of models on questions with known answers, and comparison of two models.
 *
 * {@snippet :
 * var config = new EvaluationConfig(16, 64);
 * var evaluation = new ExactMatchEvaluation(model, processor, config);
 * var result = evaluation.run(LlavaQuestions.read(Path.of("test.json")), ProgressListener.NONE);
 * System.out.println(result.overall().accuracy());
 * }
 *
 * <p>{@link carve.runtime.eval.MultiTurnEvaluation} asks several questions in one conversation,
 * {@link carve.runtime.eval.PredictionDivergence} measures the KL divergence of a model from its original, and
 * {@link carve.runtime.eval.ActivationTrace} compares their activations. Public suites are in {@code suite}.
 */
package carve.runtime.eval;
