# Finds a JDK 25 on this machine. Sourced by mvnw and carve.
#
# find_jdk sets JAVA_HOME to the first JDK 25 among the places below and exports it; where there is none it says where it
# looked and where to get one, and fails. A JDK counts when it has javac and its `release` file says 25.

is_jdk_25() {
    [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
    if [ -r "$1/release" ]; then
        grep -q '^JAVA_VERSION="25[".+-]' "$1/release"
    else
        "$1/bin/javac" -version 2>&1 | grep -q '^javac 25'
    fi
}

# Prints the home of the java on the PATH, its links followed.
java_home_on_path() {
    jdk_java=$(command -v java) || return 1
    jdk_java=$(readlink -f "$jdk_java" 2>/dev/null) || return 1
    dirname "$(dirname "$jdk_java")"
}

find_jdk() {
    for jdk_home in "${JAVA_HOME-}" "${JAVA25_HOME-}" "$(java_home_on_path)" \
        /usr/lib/jvm/* "${SDKMAN_DIR:-$HOME/.sdkman}"/candidates/java/* "$HOME"/.jdks/* /opt/java/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home; do
        if [ -n "$jdk_home" ] && is_jdk_25 "$jdk_home"; then
            JAVA_HOME=$jdk_home
            export JAVA_HOME
            return 0
        fi
    done
    cat >&2 <<END
carve needs a JDK 25, and found none on this machine. It looked at
  JAVA_HOME     ${JAVA_HOME:-(not set)}
  JAVA25_HOME   ${JAVA25_HOME:-(not set)}
  java on PATH  $(command -v java || echo "(none)")
  /usr/lib/jvm, /opt/java, ~/.sdkman/candidates/java, ~/.jdks, /Library/Java/JavaVirtualMachines
Get one from https://adoptium.net (Temurin 25), by 'apt install openjdk-25-jdk-headless' (Debian 13), or by
'sdk install java 25-tem'; unpacked elsewhere, name it: JAVA_HOME=/path/to/jdk-25
END
    return 1
}
