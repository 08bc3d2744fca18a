// NVRTC by its functions: it sees that it is asked for the right things in the right order, and "compiles" a program to a
// text of what it was given. A source that says #error is refused with a log.
#include <string>
#include <vector>

struct Program {
    std::string source, name, image, log;
    std::vector<std::string> headers;
};

static const int INVALID_INPUT = 3;
static const int INVALID_PROGRAM = 4;
static const int COMPILATION = 6;
static int programs = 0;

static int size_of(const std::string& text, size_t* size, int more) {
    *size = text.size() + more;
    return 0;
}

extern "C" {
int nvrtcVersion(int* major, int* minor) { *major = 13; *minor = 7; return 0; }
int nvrtcCreateProgram(
        Program** program, const char* source, const char* name, int count, const char* const* headers,
        const char* const* names) {
    *program = new Program{source, name, "", "", {}};
    programs++;
    for (int i = 0; i < count; i++) {
        (*program)->headers.push_back(std::string(names[i]) + " of " + std::to_string(std::string(headers[i]).size()));
    }
    return 0;
}
int nvrtcDestroyProgram(Program** program) {
    delete *program;
    *program = nullptr;
    programs--;
    return 0;
}
int nvrtcCompileProgram(Program* program, int count, const char* const* options) {
    if (program->source.find("#error") != std::string::npos) {
        program->log = program->name + "(1): error: a mistake\n";
        return COMPILATION;
    }
    program->image = program->name + " " + program->source;
    for (int i = 0; i < count; i++) {
        program->image += std::string("\n") + options[i];
    }
    for (const std::string& header : program->headers) {
        program->image += "\n" + header;
    }
    return 0;
}
int nvrtcGetProgramLogSize(Program* program, size_t* size) { return size_of(program->log, size, 1); }
int nvrtcGetProgramLog(Program* program, char* log) {
    program->log.copy(log, program->log.size());
    log[program->log.size()] = 0;
    return 0;
}
int nvrtcGetCUBINSize(Program* program, size_t* size) {
    return program->image.empty() ? INVALID_PROGRAM : size_of(program->image, size, 0);
}
int nvrtcGetCUBIN(Program* program, char* image) {
    program->image.copy(image, program->image.size());
    return image == nullptr ? INVALID_INPUT : 0;
}
int played_programs() { return programs; }
}
