/**
 * The quality of a student: how near it is to its teacher, by likelihood and by generation, what it costs, and a page and a model card that say
 * so.
 *
 * {@snippet :
 * QualityEvaluation evaluation = new QualityEvaluation(student, teacher, processor);
 * TextFidelity text = evaluation.text(rows, ProgressListener.NONE);
 * QualityReport report = QualityReport.of(studentFacts, teacherFacts, Map.of("Recipe", "kl-guided")).with(text);
 * report.write(Path.of("quality")); // quality.html, quality.md, quality.json
 * report.writeCard(Path.of("student")); // README.md
 * }
 */
package carve.runtime.eval.quality;
