package carve.models.template.syntax;

import java.util.List;
import java.util.stream.Stream;

/** The left side of an assignment. */
public sealed interface Target {

    /** Returns the variables that are assigned. */
    Stream<String> variables();

    /** Returns the variables whose attributes are assigned. */
    Stream<String> namespaces();

    /**
     * A variable.
     *
     * @param name its name
     */
    record Variable(String name) implements Target {
        @Override
        public Stream<String> variables() {
            return Stream.of(name);
        }

        @Override
        public Stream<String> namespaces() {
            return Stream.empty();
        }
    }

    /**
     * An attribute of a namespace.
     *
     * @param namespace the variable that holds the namespace
     * @param attribute the attribute
     */
    record NamespaceAttribute(String namespace, String attribute) implements Target {
        @Override
        public Stream<String> variables() {
            return Stream.empty();
        }

        @Override
        public Stream<String> namespaces() {
            return Stream.of(namespace);
        }
    }

    /**
     * Several targets, to which the items of a value go.
     *
     * @param items the targets
     */
    record Several(List<Target> items) implements Target {
        /** Copies the list. */
        public Several {
            items = List.copyOf(items);
        }

        @Override
        public Stream<String> variables() {
            return items.stream().flatMap(Target::variables);
        }

        @Override
        public Stream<String> namespaces() {
            return items.stream().flatMap(Target::namespaces);
        }
    }
}
