package carve.runtime.plan;

import carve.api.json.JsonString;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A writer of plans in the notation of {@link LayerPlanReader}, with repeated layers written once. */
public final class PlanWriter {
    private static final int MAX_PERIOD = 24;

    private PlanWriter() {}

    /** Returns the text of a plan, with remarks as comment lines before it. */
    public static String format(LayerPlan plan, List<String> remarks) {
        Map<LayerKey, String> names = names(plan);
        StringBuilder text = new StringBuilder();
        remarks.forEach(
                remark -> text.append(remark.isEmpty() ? "#" : "# " + remark).append('\n'));
        text.append(remarks.isEmpty() ? "" : "\n");
        String mixers = names.entrySet().stream()
                .filter(entry -> !entry.getKey().settings().isEmpty())
                .map(entry -> "  %s { type = %s, %s }\n"
                        .formatted(
                                entry.getValue(),
                                entry.getKey().mixer(),
                                members(entry.getKey().settings())))
                .collect(Collectors.joining());
        text.append(mixers.isEmpty() ? "" : "mixers {\n" + mixers + "}\n");
        List<String> words = plan.layers().stream()
                .map(choice -> names.get(LayerKey.of(choice)))
                .toList();
        return text.append("layers = \"").append(compact(words)).append("\"\n").toString();
    }

    /** The mixer and settings of a layer; equal for layers that share a name. */
    private record LayerKey(String mixer, Map<String, Object> settings) {
        static LayerKey of(MixerSpec choice) {
            return new LayerKey(choice.name(), choice.settings().toMap());
        }
    }

    // a mixer with its defaults has its own name, one with settings too if that is free
    private static Map<LayerKey, String> names(LayerPlan plan) {
        Map<LayerKey, String> names = new LinkedHashMap<>();
        List<LayerKey> keys =
                plan.layers().stream().map(LayerKey::of).distinct().toList();
        keys.stream().filter(key -> key.settings().isEmpty()).forEach(key -> names.put(key, key.mixer()));
        for (LayerKey key : keys) {
            for (int i = 1; !names.containsKey(key); i++) {
                String name = i == 1 ? key.mixer() : key.mixer() + "-" + i;
                if (!names.containsValue(name)) {
                    names.put(key, name);
                }
            }
        }
        return names;
    }

    private static String members(Map<?, ?> settings) {
        return settings.entrySet().stream()
                .map(entry -> "%s = %s".formatted(entry.getKey(), value(entry.getValue())))
                .collect(Collectors.joining(", "));
    }

    private static String value(Object value) {
        return switch (value) {
            case Map<?, ?> map -> "{ " + members(map) + " }";
            case List<?> list -> list.stream().map(PlanWriter::value).collect(Collectors.joining(", ", "[", "]"));
            case String text when text.matches("[a-z][a-z0-9-]*") -> text;
            case String text -> new JsonString(text).describe();
            default -> value.toString();
        };
    }

    /** Returns words in one line, such as {@code (keep mamba2 x3) x8}. */
    public static String compact(List<String> words) {
        List<String> runs = new ArrayList<>();
        for (int i = 0; i < words.size(); ) {
            int period = period(words.subList(i, words.size()));
            int times = times(words.subList(i, words.size()), period);
            String block = period == 1 ? words.get(i) : "(" + compact(words.subList(i, i + period)) + ")";
            runs.add(times == 1 ? block : "%s x%d".formatted(block, times));
            i += period * times;
        }
        return String.join(" ", runs);
    }

    // the block that, repeated from the beginning, takes most words; a group of two stands only where it takes all
    private static int period(List<String> words) {
        int best = 1;
        for (int p = 2; p <= Math.min(MAX_PERIOD, words.size() / 2); p++) {
            int times = times(words, p);
            boolean worth = times > 2 || times == 2 && p * times == words.size();
            if (worth && p * times > best * times(words, best)) {
                best = p;
            }
        }
        return best;
    }

    private static int times(List<String> words, int period) {
        int end = period;
        while (end < words.size() && words.get(end).equals(words.get(end % period))) {
            end++;
        }
        return end / period;
    }
}
