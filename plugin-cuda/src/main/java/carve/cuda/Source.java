package carve.cuda;

import java.util.List;

/**
 * CUDA C++ to be compiled.
 *
 * @param name of the file, for messages of the compiler
 * @param text what is compiled, which may include {@code carve.cuh}
 * @param options of the compiler, such as {@code -DTILES=2}
 */
record Source(String name, String text, List<String> options) {
    Source {
        options = List.copyOf(options);
    }
}
