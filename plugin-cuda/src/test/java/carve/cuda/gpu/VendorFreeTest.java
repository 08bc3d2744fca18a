package carve.cuda.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.cuda.kernels.GpuKernels;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The packages {@code gpu} and {@code kernels} know no vendor: their classes name none of the other packages of this plugin and
 * none of JCuda, so that a device of another vendor can be built on them.
 */
final class VendorFreeTest {
    private static final Pattern TYPE = Pattern.compile("(?:carve/cuda|jcuda)/[\\w/$]+");
    private static final String GPU = "carve/cuda/gpu/";
    private static final String KERNELS = "carve/cuda/kernels/";

    @Test
    void gpuNamesNoOtherPackageOfThePlugin() throws IOException, URISyntaxException {
        assertEquals(Set.of(), references(KernelLaunch.class, List.of(GPU)));
    }

    @Test
    void kernelsNameOnlyGpu() throws IOException, URISyntaxException {
        assertEquals(Set.of(), references(GpuKernels.class, List.of(GPU, KERNELS)));
    }

    @Test
    void referenceToTheVendorIsFound() throws IOException, URISyntaxException {
        Set<String> found = references(carve.cuda.driver.CudaGpuDriver.class, List.of());
        assertTrue(found.stream().anyMatch(reference -> reference.contains(" -> jcuda/")), found::toString);
        assertTrue(found.stream().anyMatch(reference -> reference.contains(" -> " + GPU)), found::toString);
    }

    /** Returns "class -> class" for the references to JCuda and to this plugin outside of allowed packages. */
    private static Set<String> references(Class<?> member, List<String> allowed)
            throws IOException, URISyntaxException {
        String file = member.getSimpleName() + ".class";
        Path folder = Path.of(member.getResource(file).toURI()).getParent();
        Set<String> found = new TreeSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> classes = files.filter(
                            path -> path.toString().endsWith(".class") && !path.endsWith("package-info.class"))
                    .toList();
            assertTrue(classes.size() > 1, folder::toString);
            for (Path path : classes) {
                ClassModel type = ClassFile.of().parse(path);
                for (PoolEntry entry : type.constantPool()) {
                    collect(type.thisClass().asInternalName(), entry, allowed, found);
                }
            }
        }
        return found;
    }

    // names of classes, and descriptors and signatures, which are text
    private static void collect(String from, PoolEntry entry, List<String> allowed, Set<String> found) {
        String text = switch (entry) {
            case ClassEntry type -> type.asInternalName();
            case Utf8Entry utf8 -> utf8.stringValue();
            default -> "";
        };
        Matcher names = TYPE.matcher(text);
        while (names.find()) {
            String name = names.group();
            boolean isResource = text.startsWith("/");
            if (!isResource && allowed.stream().noneMatch(name::startsWith)) {
                found.add(from + " -> " + name);
            }
        }
    }
}
