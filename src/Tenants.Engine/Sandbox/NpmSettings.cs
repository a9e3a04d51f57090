using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;

namespace Tenants.Engine.Sandbox;

/// <summary>
/// What this machine's npm settings say about the registry: https://docs.npmjs.com/cli/configuring-npm/npmrc. npm itself is not needed.
/// </summary>
internal sealed partial class NpmSettings
{
    private static readonly Uri DefaultRegistry = new("https://registry.npmjs.org/");

    private readonly IReadOnlyDictionary<string, string> _trusted;

    private NpmSettings(Uri registry, Uri? proxy, IReadOnlyDictionary<string, string> trusted)
    {
        Registry = registry;
        Proxy = proxy;
        _trusted = trusted;
    }

    /// <summary>The registry to ask.</summary>
    public Uri Registry { get; }

    /// <summary>The proxy that npm is told to use; <see langword="null"/>: the one of the environment, if any.</summary>
    public Uri? Proxy { get; }

    /// <summary>Reads the settings: environment, then the .npmrc of the current folder, of the user, and of the machine.</summary>
    /// <param name="scope">The scope of the package wanted: a scope can have a registry of its own.</param>
    public static NpmSettings Read(string scope) => Read(
        scope,
        Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .GroupBy(entry => ((string)entry.Key).ToLowerInvariant())
            .ToDictionary(group => group.Key, group => (string?)group.First().Value ?? ""),
        Environment.CurrentDirectory,
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary>Reads the settings of a given environment (names in lower case), folder and home.</summary>
    internal static NpmSettings Read(string scope, IReadOnlyDictionary<string, string> environment, string folder, string home)
    {
        // First one wins. A folder one happens to stand in may say where to ask, but never what to send: its file could name
        // any secret of the environment as a token for its own host.
        var trusted = new Dictionary<string, string>();
        AddFile(trusted, environment.GetValueOrDefault("npm_config_userconfig") ?? Path.Combine(home, ".npmrc"), environment);
        foreach (var file in GlobalFiles(environment))
        {
            AddFile(trusted, file, environment);
        }

        var project = new Dictionary<string, string>();
        AddFile(project, Path.Combine(folder, ".npmrc"), new Dictionary<string, string>());

        string? Find(string name) =>
            environment.GetValueOrDefault("npm_config_" + name) is { Length: > 0 } value ? value
            : project.GetValueOrDefault(name) ?? trusted.GetValueOrDefault(name);

        var registry = AsAddress(Find(scope + ":registry")) ?? AsAddress(Find("registry")) ?? DefaultRegistry;
        return new NpmSettings(registry, AsAddress(Find("https-proxy") ?? Find("proxy")), trusted);
    }

    /// <summary>What to send to an address to be let in: only what is kept for that very registry.</summary>
    public AuthenticationHeaderValue? AuthorizationFor(Uri address)
    {
        for (var path = "//" + address.Authority + address.AbsolutePath; path.Length > 2; path = path[..(path.TrimEnd('/').LastIndexOf('/') + 1)])
        {
            var prefix = path.EndsWith('/') ? path : path + "/";
            if (_trusted.TryGetValue(prefix + ":_authToken", out var token))
            {
                return new AuthenticationHeaderValue("Bearer", token);
            }

            if (_trusted.TryGetValue(prefix + ":_auth", out var basic))
            {
                return new AuthenticationHeaderValue("Basic", basic);
            }

            if (_trusted.TryGetValue(prefix + ":username", out var name) && _trusted.TryGetValue(prefix + ":_password", out var password))
            {
                return new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{DecodePassword(password)}")));
            }
        }

        return null;
    }

    private static IEnumerable<string> GlobalFiles(IReadOnlyDictionary<string, string> environment)
    {
        if (environment.GetValueOrDefault("npm_config_globalconfig") is { Length: > 0 } named)
        {
            return [named];
        }

        if (environment.GetValueOrDefault("npm_config_prefix") is { Length: > 0 } prefix)
        {
            return [Path.Combine(prefix, "etc", "npmrc")];
        }

        return OperatingSystem.IsWindows()
            ? [Path.Combine(environment.GetValueOrDefault("appdata") ?? "", "npm", "etc", "npmrc")]
            : ["/usr/etc/npmrc", "/usr/local/etc/npmrc", "/opt/homebrew/etc/npmrc", "/etc/npmrc"];
    }

    private static void AddFile(Dictionary<string, string> settings, string file, IReadOnlyDictionary<string, string> environment)
    {
        string[] lines;
        try
        {
            lines = File.Exists(file) ? File.ReadAllLines(file) : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return;
        }

        foreach (var line in lines.Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] is not ('#' or ';' or '[')))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                var value = line[(equals + 1)..].Trim().Trim('"', '\'');
                settings.TryAdd(line[..equals].Trim(), Variable().Replace(value, match =>
                    environment.GetValueOrDefault(match.Groups[1].Value.ToLowerInvariant()) ?? match.Value));
            }
        }
    }

    private static string DecodePassword(string password)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(password));
        }
        catch (FormatException)
        {
            return password;
        }
    }

    private static Uri? AsAddress(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null;

    [GeneratedRegex(@"\$\{([^}?]+)\??\}")]
    private static partial Regex Variable();
}
