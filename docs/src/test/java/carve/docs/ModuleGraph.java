package carve.docs;

import java.lang.module.ModuleDescriptor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The modules of Carve and what they require of each other, drawn in rows: a module stands above all that it requires. Edges
 * that follow from others are left out.
 */
final class ModuleGraph {
    private static final int WIDTH = 150;
    private static final int HEIGHT = 44;
    private static final int GAP_X = 24;
    private static final int GAP_Y = 64;

    private final Map<String, Set<String>> requires = new TreeMap<>();

    ModuleGraph(List<ModuleDescriptor> modules) {
        modules.forEach(module -> requires.put(module.name(), new TreeSet<>()));
        for (ModuleDescriptor module : modules) {
            module.requires().stream()
                    .map(ModuleDescriptor.Requires::name)
                    .filter(requires::containsKey)
                    .forEach(requires.get(module.name())::add);
        }
    }

    /** Returns the direct and indirect requirements of a module. */
    Set<String> closure(String module) {
        Set<String> all = new TreeSet<>();
        for (String direct : requires.get(module)) {
            all.add(direct);
            all.addAll(closure(direct));
        }
        return all;
    }

    private int row(String module) {
        return requires.get(module).stream().mapToInt(this::row).max().orElse(-1) + 1;
    }

    private boolean isImplied(String from, String to) {
        return requires.get(from).stream()
                .anyMatch(other -> !other.equals(to) && closure(other).contains(to));
    }

    /** Returns the picture as SVG. */
    String svg() {
        Map<Integer, List<String>> rows = new TreeMap<>();
        requires.keySet()
                .forEach(module -> rows.computeIfAbsent(row(module), _ -> new ArrayList<>())
                        .add(module));
        rows.replaceAll((_, modules) -> centred(modules));
        int columns = rows.values().stream().mapToInt(List::size).max().orElse(0);
        int width = columns * (WIDTH + GAP_X) + GAP_X;
        int height = rows.size() * (HEIGHT + GAP_Y) - GAP_Y + 2 * GAP_X;
        Map<String, int[]> places = new LinkedHashMap<>();
        rows.forEach((row, modules) -> {
            int indent = (width - modules.size() * (WIDTH + GAP_X) + GAP_X) / 2;
            for (int i = 0; i < modules.size(); i++) {
                int y = height - GAP_X - HEIGHT - row * (HEIGHT + GAP_Y);
                places.put(modules.get(i), new int[] {indent + i * (WIDTH + GAP_X), y});
            }
        });
        StringBuilder svg = new StringBuilder(HEADER.formatted(width, height, width, height));
        requires.forEach((from, targets) -> targets.stream()
                .filter(to -> !isImplied(from, to))
                .forEach(to -> svg.append(edge(places.get(from), places.get(to)))));
        places.forEach((module, place) -> svg.append(box(module, place)));
        return svg.append("</svg>\n").toString();
    }

    // what most others require stands in the middle, with short edges
    private List<String> centred(List<String> modules) {
        ArrayDeque<String> ordered = new ArrayDeque<>();
        List<String> byDependents = modules.stream()
                .sorted(Comparator.comparing(this::dependents).reversed())
                .toList();
        for (String module : byDependents) {
            if (ordered.size() % 2 == 0) {
                ordered.addLast(module);
            } else {
                ordered.addFirst(module);
            }
        }
        return List.copyOf(ordered);
    }

    private long dependents(String module) {
        return requires.values().stream().filter(all -> all.contains(module)).count();
    }

    private static final String HEADER = """
            <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="15">
            <defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#667"/></marker></defs>
            <rect width="100%%" height="100%%" fill="white"/>
            """;

    private static String edge(int[] from, int[] to) {
        return String.format(
                Locale.ROOT,
                "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#667\" stroke-width=\"1.2\" marker-end=\"url(#arrow)\"/>\n",
                from[0] + WIDTH / 2,
                from[1] + HEIGHT,
                to[0] + WIDTH / 2,
                to[1]);
    }

    private static String box(String module, int[] place) {
        return String.format(
                Locale.ROOT,
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\" fill=\"#eef3fb\" stroke=\"#3b5b92\"/>\n"
                        + "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" fill=\"#123\">%s</text>\n",
                place[0],
                place[1],
                WIDTH,
                HEIGHT,
                place[0] + WIDTH / 2,
                place[1] + HEIGHT / 2 + 5,
                module);
    }
}
