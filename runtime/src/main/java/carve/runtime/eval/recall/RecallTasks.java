package carve.runtime.eval.recall;

import carve.runtime.eval.recall.NeedleForm.Hay;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The recall tasks by name. */
public final class RecallTasks {
    private static final Map<String, String> ALIASES = Map.of(
            "niah-single",
            "niah-single-1",
            "niah-multikey",
            "niah-multikey-1",
            "vt",
            "variable-tracking",
            "cwe",
            "common-words",
            "fwe",
            "frequent-words");

    private RecallTasks() {}

    /** Returns all tasks, in the order in which they are documented. */
    public static List<RecallTask> all(Haystack haystack) {
        WordLists words = WordLists.read();
        List<RecallTask> tasks = new ArrayList<>();
        needles().forEach(form -> tasks.add(new NeedleTask(form, words, haystack)));
        tasks.add(new VariableTracking());
        tasks.add(new CommonWords(words));
        tasks.add(new FrequentWords());
        tasks.add(new KeyValueRetrieval(words));
        tasks.add(new PhoneBook(words));
        tasks.add(new MqarText(words));
        return List.copyOf(tasks);
    }

    /** Returns the names of all tasks. */
    public static List<String> names() {
        return all(Haystack.NOISE).stream().map(RecallTask::name).toList();
    }

    /**
     * Returns tasks by name; {@code niah-single} and {@code niah-multikey} are the first of their forms, and {@code vt}, {@code cwe},
     * {@code fwe} are RULER's short names.
     *
     * @param haystack what forms with an essay hide needles in
     * @throws RecallException if there is no such task; the message lists all
     */
    public static List<RecallTask> named(List<String> names, Haystack haystack) {
        Map<String, RecallTask> all = new LinkedHashMap<>();
        all(haystack).forEach(task -> all.put(task.name(), task));
        return names.stream().map(name -> named(name, all)).toList();
    }

    private static RecallTask named(String name, Map<String, RecallTask> all) {
        RecallTask task = all.get(ALIASES.getOrDefault(name, name));
        if (task == null) {
            throw new RecallException(
                    "no recall task '%s'; there are %s".formatted(name, String.join(", ", all.keySet())));
        }
        return task;
    }

    private static List<NeedleForm> needles() {
        Needle words = Needle.WORDS;
        Needle numbers = Needle.NUMBERS;
        Needle uuids = Needle.UUIDS;
        return List.of(
                new NeedleForm("niah-single-1", Hay.NOISE, words, numbers, 1, 1, 1),
                new NeedleForm("niah-single-2", Hay.ESSAY, words, numbers, 1, 1, 1),
                new NeedleForm("niah-single-3", Hay.ESSAY, words, uuids, 1, 1, 1),
                new NeedleForm("niah-multikey-1", Hay.ESSAY, words, numbers, 4, 1, 1),
                new NeedleForm("niah-multikey-2", Hay.NEEDLES, words, numbers, 1, 1, 1),
                new NeedleForm("niah-multikey-3", Hay.NEEDLES, uuids, uuids, 1, 1, 1),
                new NeedleForm("niah-multivalue", Hay.ESSAY, words, numbers, 1, 4, 1),
                new NeedleForm("niah-multiquery", Hay.ESSAY, words, numbers, 4, 1, 4));
    }
}
