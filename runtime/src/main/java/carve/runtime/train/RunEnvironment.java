package carve.runtime.train;

import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.stage.LossTerm;
import java.lang.module.ModuleDescriptor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The device and the versions of the modules that steps of a run are computed with. They may differ when a run is resumed, which
 * is logged, since steps may then differ in their last bits.
 *
 * @param parts what takes part, and which one it is
 */
public record RunEnvironment(Map<String, String> parts) {
    private static final String DEVICE = "device";

    /** Copies the map. */
    public RunEnvironment {
        parts = Map.copyOf(parts);
    }

    /** Returns the environment of a stage. */
    static RunEnvironment of(TrainingStage stage, StageContext context) {
        List<Object> used = new ArrayList<>(List.of(
                stage,
                context.data(),
                context.student().device(),
                context.student().family(),
                stage.config().optimizer(),
                stage.config().learningRateSchedule()));
        stage.stage().losses().stream().map(LossTerm::loss).forEach(used::add);
        context.student().spec().layers().forEach(block -> used.add(block.mixer()));
        Map<String, String> parts = new TreeMap<>();
        parts.put(DEVICE, context.student().device().name());
        used.stream()
                .map(part -> part.getClass().getModule())
                .filter(Module::isNamed)
                .forEach(module -> parts.put(module.getName(), version(module)));
        return new RunEnvironment(parts);
    }

    private static String version(Module module) {
        return Optional.of(module.getDescriptor())
                .flatMap(ModuleDescriptor::rawVersion)
                .orElse("unversioned");
    }

    /** Returns how this differs from the environment of an earlier run. */
    List<String> differences(RunEnvironment before) {
        Set<String> names = new TreeSet<>(parts.keySet());
        names.addAll(before.parts.keySet());
        return names.stream()
                .filter(name -> !part(name).equals(before.part(name)))
                .map(name -> "%s was %s, is %s".formatted(name, before.part(name), part(name)))
                .toList();
    }

    private String part(String name) {
        return parts.getOrDefault(name, "not used");
    }

    JsonObject json() {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        new TreeMap<>(parts).forEach((name, part) -> members.put(name, new JsonString(part)));
        return JsonObject.of(members);
    }

    static RunEnvironment of(JsonObject json) {
        Map<String, String> parts = new LinkedHashMap<>();
        json.keys().forEach(name -> parts.put(name, json.string(name)));
        return new RunEnvironment(parts);
    }
}
