/**
 * The public suites of questions about pictures, in their own file formats and with their own scoring.
 *
 * <p>A {@link carve.runtime.eval.suite.Suite} reads what its authors hand out, or the table that VLMEvalKit makes of it, and scores
 * answers as its authors' program does. {@link carve.runtime.eval.suite.SuiteRunner} asks a model, and keeps its answers in a file so that a
 * run that was killed goes on; {@link carve.runtime.eval.suite.PromptTemplate} has the words in which LLaVA's and InternVL's authors ask.
 *
 * {@snippet :
 * Suite suite = Suites.of("pope");
 * List<Item> items = suite.read(new Source(Path.of("coco_pope_random.json"), Optional.of(Path.of("val2014")), ""));
 * Scores scores = suite.score(items.stream().map(item -> new Answered(item, "yes")).toList());
 * }
 *
 * <p>Another suite is a class of its own and a line in {@link carve.runtime.eval.suite.Suites}.
 */
package carve.runtime.eval.suite;
