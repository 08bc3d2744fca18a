package carve.app.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.FieldRefEntry;
import java.lang.classfile.constantpool.InterfaceMethodRefEntry;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.MethodRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodType;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A check of the API's classes and members that a plugin refers to: whether they exist, and whether they are
 * deprecated.
 *
 * <p>References are read from constant pools, with the type that a member is named by: members that a class inherits
 * from the API and names as its own are not seen.
 */
final class ApiUsageCheck {
    private static final String CLASS = ".class";
    private static final int MAX_CLASS_BYTES = 16 << 20;

    private final Module api;
    private final Set<String> missing = new TreeSet<>();
    private final Set<String> unreadable = new TreeSet<>();
    private final TreeMap<String, Deprecated> deprecated = new TreeMap<>();

    private ApiUsageCheck(Module api) {
        this.api = api;
    }

    /** Returns the problems of the use that modules make of the API. */
    static List<PluginProblem> check(String plugin, List<InspectedJar> modules, Module api) {
        ApiUsageCheck use = new ApiUsageCheck(api);
        modules.forEach(use::read);
        return use.problems(plugin);
    }

    private List<PluginProblem> problems(String plugin) {
        String version = api.getDescriptor().toNameAndVersion();
        List<PluginProblem> problems = new ArrayList<>();
        unreadable.forEach(what -> problems.add(PluginProblem.error(plugin, "build it again", "%s", what)));
        if (!missing.isEmpty()) {
            problems.add(PluginProblem.error(
                    plugin,
                    "compile it against %s, or get a version of it for that".formatted(version),
                    "it uses what %s does not have: %s",
                    version,
                    String.join(", ", missing)));
        }
        deprecated.forEach((name, mark) -> problems.add(PluginProblem.warning(
                plugin,
                "its Javadoc names the replacement",
                "it uses %s, which is deprecated since %s%s",
                name,
                mark.since(),
                mark.forRemoval() ? " and is to be removed" : "")));
        return problems;
    }

    private void read(InspectedJar module) {
        try {
            module.source().visit((name, directory, content) -> {
                if (!directory
                        && name.endsWith(CLASS)
                        && !name.startsWith("META-INF/")
                        && !name.equals(InspectedJar.MODULE_INFO)) {
                    read(name, content);
                }
            });
        } catch (IOException | IllegalArgumentException e) {
            unreadable.add("%s cannot be read: %s".formatted(module.label(), e.getMessage()));
        }
    }

    private void read(String name, JarSource.Content content) throws IOException {
        try (InputStream stream = content.open()) {
            byte[] bytes = LimitedInputStream.readAll(stream, MAX_CLASS_BYTES, name);
            for (PoolEntry constant : ClassFile.of().parse(bytes).constantPool()) {
                switch (constant) {
                    case ClassEntry type -> find(name(type)).ifPresent(this::recordDeprecation);
                    case FieldRefEntry field -> member(field);
                    case MethodRefEntry method -> member(method);
                    case InterfaceMethodRefEntry method -> member(method);
                    default -> {
                        // it names nothing
                    }
                }
            }
        }
    }

    private static String name(ClassEntry type) {
        return type.asInternalName().replace('/', '.');
    }

    private void recordDeprecation(Class<?> type) {
        recordDeprecation(type, type.getName());
    }

    private void recordDeprecation(AnnotatedElement element, String name) {
        Optional.ofNullable(element.getAnnotation(Deprecated.class)).ifPresent(mark -> deprecated.put(name, mark));
    }

    // empty where it is no class of the API, or there is none
    private Optional<Class<?>> find(String name) {
        int end = name.lastIndexOf('.');
        if (name.startsWith("[") || end < 0 || !api.getPackages().contains(name.substring(0, end))) {
            return Optional.empty();
        }
        Optional<Class<?>> found = Optional.ofNullable(Class.forName(api, name));
        if (found.isEmpty()) {
            missing.add(name);
        }
        return found;
    }

    private void member(MemberRefEntry reference) {
        String name = reference.name().stringValue();
        String type = reference.type().stringValue();
        find(name(reference.owner())).ifPresent(owner -> {
            String shown = owner.getName() + "." + name + (type.startsWith("(") ? parameters(type) : "");
            member(owner, name, type)
                    .ifPresentOrElse(found -> recordDeprecation(found, shown), () -> missing.add(shown));
        });
    }

    private static String parameters(String descriptor) {
        return MethodTypeDesc.ofDescriptor(descriptor).parameterList().stream()
                .map(ClassDesc::displayName)
                .collect(Collectors.joining(", ", "(", ")"));
    }

    private static Optional<AnnotatedElement> member(Class<?> owner, String name, String type) {
        return Stream.concat(lineage(owner), Stream.of(Object.class))
                .flatMap(declaring -> members(declaring, name, type))
                .findFirst();
    }

    private static Stream<Class<?>> lineage(Class<?> type) {
        Stream<Class<?>> above =
                Stream.concat(Stream.ofNullable(type.getSuperclass()), Arrays.stream(type.getInterfaces()));
        return Stream.concat(Stream.of(type), above.flatMap(ApiUsageCheck::lineage));
    }

    private static Stream<AnnotatedElement> members(Class<?> declaring, String name, String type) {
        if (!type.startsWith("(")) {
            return Arrays.stream(declaring.getDeclaredFields())
                    .filter(field -> field.getName().equals(name))
                    .filter(field -> field.getType().descriptorString().equals(type))
                    .map(AnnotatedElement.class::cast);
        }
        if (name.equals("<init>")) {
            return Arrays.stream(declaring.getDeclaredConstructors())
                    .filter(constructor -> descriptor(constructor).equals(type))
                    .map(AnnotatedElement.class::cast);
        }
        return Arrays.stream(declaring.getDeclaredMethods())
                .filter(method ->
                        method.getName().equals(name) && descriptor(method).equals(type))
                .map(AnnotatedElement.class::cast);
    }

    private static String descriptor(Method method) {
        return MethodType.methodType(method.getReturnType(), method.getParameterTypes())
                .descriptorString();
    }

    private static String descriptor(Constructor<?> constructor) {
        return MethodType.methodType(void.class, constructor.getParameterTypes())
                .descriptorString();
    }
}
