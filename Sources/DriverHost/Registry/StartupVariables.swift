/// Variables that make a loader, a shell or an interpreter load or run other code before the program itself starts.
/// `env` of drivers.json is for variables that the driver reads itself.
///
/// These are the variables that glibc drops for setuid programs (unsecvars.h; TMPDIR is the driver's own), those that
/// sudo(8) drops (env_delete in sudoers(5)), and those that newer runtimes have added.
enum StartupVariables {
    static func contains(_ name: String) -> Bool {
        names.contains(name) || (prefixes.contains { name.hasPrefix($0) } && !harmless.contains(name))
    }

    private static let prefixes = [
        "LD_", "_RLD", "MALLOC_", "BASH_FUNC_", "PYTHON", "PERL", "RUBY", "LUA_", "CORECLR_PROFILER", "COR_PROFILER",
    ]

    /// Exceptions among those prefixes: how output is buffered and encoded.
    private static let harmless: Set<String> = [
        "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONIOENCODING", "PYTHONUTF8", "PERL_UNICODE",
    ]

    private static let names: Set<String> = [
        // The C library
        "GLIBC_TUNABLES", "GCONV_PATH", "GETCONF_DIR", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH", "NIS_PATH", "NLSPATH",
        "PATH_LOCALE", "RESOLV_HOST_CONF", "RES_OPTIONS", "TERMCAP", "TERMINFO", "TERMINFO_DIRS", "TERMPATH",
        // Shells and awk
        "BASH_ENV", "ENV", "IFS", "CDPATH", "GLOBIGNORE", "PS4", "SHELLOPTS", "BASHOPTS", "PROMPT_COMMAND", "FPATH",
        "NULLCMD", "READNULLCMD", "ZDOTDIR", "TMPPREFIX", "AWKPATH", "AWKLIBPATH",
        // Other runtimes
        "NODE_OPTIONS", "NODE_PATH", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH", "PHPRC",
        "PHP_INI_SCAN_DIR", "DOTNET_STARTUP_HOOKS", "DOTNET_ADDITIONAL_DEPS", "GEM_HOME", "GEM_PATH",
        // Libraries that load modules
        "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES",
    ]
}
