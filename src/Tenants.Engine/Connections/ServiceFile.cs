namespace Tenants.Engine.Connections;

/// <summary>
/// libpq's service file, where people keep sets of settings by name.
/// See https://www.postgresql.org/docs/current/libpq-pgservice.html.
/// </summary>
internal static class ServiceFile
{
    /// <summary>Offers what a service says.</summary>
    /// <exception cref="TenantException"><c>ServiceNotFound</c>, <c>InvalidSetting</c>.</exception>
    public static void Read(string service, string source, Func<string, string?> environment, SettingSheet sheet)
    {
        var files = Files(environment).ToList();
        foreach (var file in files.Where(File.Exists))
        {
            if (FindSection(file, service) is { } lines)
            {
                foreach (var line in lines)
                {
                    Offer(line, $"service '{service}' in {file}", sheet);
                }

                return;
            }
        }

        throw new TenantException(
            "ServiceNotFound",
            TenantErrorKind.NotFound,
            $"There is no service '{service}' ({source}). Looked for [{service}] in: {string.Join(", ", files)}. PGSERVICEFILE names another file.")
        {
            Target = service,
        };
    }

    private static IEnumerable<string> Files(Func<string, string?> environment)
    {
        if (environment("PGSERVICEFILE") is { Length: > 0 } named)
        {
            yield return named;
        }
        else if (UserFolder(environment) is { } folder)
        {
            yield return Path.Combine(folder, ".pg_service.conf");
        }

        if (environment("PGSYSCONFDIR") is { Length: > 0 } system)
        {
            yield return Path.Combine(system, "pg_service.conf");
        }
    }

    private static string? UserFolder(Func<string, string?> environment)
    {
        var home = environment(OperatingSystem.IsWindows() ? "APPDATA" : "HOME");
        return string.IsNullOrEmpty(home) ? null : OperatingSystem.IsWindows() ? Path.Combine(home, "postgresql") : home;
    }

    private static List<string>? FindSection(string file, string service)
    {
        List<string>? found = null;
        foreach (var line in File.ReadLines(file).Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#'))
        {
            if (line[0] == '[')
            {
                if (found is not null)
                {
                    break;
                }

                found = line == $"[{service}]" ? [] : null;
            }
            else
            {
                found?.Add(line);
            }
        }

        return found;
    }

    private static void Offer(string line, string source, SettingSheet sheet)
    {
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || !SettingKeyword.TryFromLibpq(line[..equals].Trim(), out var keyword) || keyword == SettingKeyword.Service)
        {
            throw SettingSheet.Invalid(source, "has a line that is no setting of libpq's");
        }

        if (keyword is not null)
        {
            // As libpq: what follows the equals sign, spaces and all, is the value.
            sheet.Offer(keyword, line[(equals + 1)..], $"'{line[..equals].Trim()}' of {source}");
        }
    }
}
