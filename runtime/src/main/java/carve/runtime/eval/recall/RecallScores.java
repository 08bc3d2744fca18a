package carve.runtime.eval.recall;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The answers of a model to recall tasks, with their scores.
 *
 * @param answers the generated answers
 * @param seconds the time that it took
 */
public record RecallScores(List<Answer> answers, double seconds) {
    /**
     * A place in the grid.
     *
     * @param task the name of the task
     * @param haystack what its texts are made of, or nothing
     * @param length the length that was asked for
     * @param depth where the answers stand
     */
    public record Cell(String task, String haystack, int length, Depth depth) {}

    /**
     * An answer.
     *
     * @param cell where it belongs
     * @param tokens how many tokens its prompt had
     * @param expected what was to be recalled
     * @param generated what the model has said
     * @param score from 0 to 1
     */
    public record Answer(Cell cell, int tokens, List<String> expected, String generated, double score) {
        /** Copies the list. */
        public Answer {
            expected = List.copyOf(expected);
        }
    }

    /** Copies the list. */
    public RecallScores {
        answers = List.copyOf(answers);
    }

    /** Returns the mean score of all answers; 0 if there are none. */
    public double accuracy() {
        return answers.stream().mapToDouble(Answer::score).average().orElse(0);
    }

    /** Returns the mean score of each task. */
    public Map<String, Double> byTask() {
        return answers.stream()
                .collect(Collectors.groupingBy(
                        answer -> answer.cell().task(), LinkedHashMap::new, Collectors.averagingDouble(Answer::score)));
    }

    /** Returns the mean score of a task at each length. */
    public Map<Integer, Double> byLength(String task) {
        return answers.stream()
                .filter(answer -> answer.cell().task().equals(task))
                .collect(Collectors.groupingBy(
                        answer -> answer.cell().length(),
                        LinkedHashMap::new,
                        Collectors.averagingDouble(Answer::score)));
    }

    /** Returns how many answers to a task at a length there are. */
    public int count(String task, int length) {
        return (int) answers.stream()
                .filter(answer ->
                        answer.cell().task().equals(task) && answer.cell().length() == length)
                .count();
    }

    /** Returns the mean score of each place in the grid. */
    public Map<Cell, Double> byCell() {
        return answers.stream()
                .collect(Collectors.groupingBy(
                        Answer::cell, LinkedHashMap::new, Collectors.averagingDouble(Answer::score)));
    }

    /** Returns the report: mean scores, and every answer. */
    public JsonObject json() {
        Map<String, JsonValue> tasks = new LinkedHashMap<>();
        byTask().forEach((task, accuracy) -> tasks.put(task, JsonObject.empty().with("accuracy", accuracy)));
        List<JsonValue> cells = byCell().entrySet().stream()
                .<JsonValue>map(entry -> json(entry.getKey()).with("accuracy", entry.getValue()))
                .toList();
        return JsonObject.empty()
                .with("accuracy", accuracy())
                .with("seconds", seconds)
                .with("tasks", JsonObject.of(tasks))
                .with("cells", new JsonArray(cells))
                .with(
                        "answers",
                        new JsonArray(answers.stream().map(RecallScores::json).toList()));
    }

    private static JsonObject json(Cell cell) {
        JsonObject json = JsonObject.empty().with("task", cell.task()).with("length", cell.length());
        JsonObject placed = cell.depth() instanceof Depth.At(double fraction) ? json.with("depth", fraction) : json;
        return cell.haystack().isEmpty() ? placed : placed.with("haystack", cell.haystack());
    }

    private static JsonValue json(Answer answer) {
        return json(answer.cell())
                .with("tokens", answer.tokens())
                .with(
                        "expected",
                        new JsonArray(answer.expected().stream()
                                .<JsonValue>map(JsonString::new)
                                .toList()))
                .with("generated", answer.generated())
                .with("score", answer.score());
    }
}
