using System.Diagnostics;
using Tenants.PowerShell.Tests.Shell;
using Xunit;

namespace Tenants.PowerShell.Tests.Queries;

/// <summary>What the cmdlets of Utility and Management make of rows is what they make of custom objects with the same properties.</summary>
public sealed class RecordUtilityTests : IClassFixture<RecordUtilityTests.Outcome>
{
    private const string SkipReason = "there is no pwsh on the PATH";

    private readonly Outcome _outcome;

    public RecordUtilityTests(Outcome outcome) => _outcome = outcome;

    /// <summary>Whether there is a PowerShell with all its cmdlets.</summary>
    public static bool HasPowerShell { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh")));

    // Each is run with $rows as the module's rows, and with $rows as custom objects.
    private static readonly string[] s_scripts =
    [
        "$rows | Select-Object id, name",
        "$rows | Select-Object *",
        "$rows | Select-Object * -ExcludeProperty price",
        "$rows | Select-Object -First 2",
        "$rows | Select-Object -Last 1 -Property name",
        "$rows | Select-Object -ExpandProperty name",
        "$rows | Select-Object id, @{ n = 'double'; e = { $_.price * 2 } }",
        "$rows | Select-Object -Property grp -Unique",
        "$rows | Sort-Object name -Descending",
        "$rows | Sort-Object price, id",
        "$rows | Sort-Object at -Top 2",
        "$rows | Group-Object grp | ForEach-Object { $_.Name; $_.Count; $_.Group }",
        "($rows | Group-Object grp -AsHashTable)[1]",
        "$rows | Measure-Object price -Sum -Average -Maximum",
        "$rows | Measure-Object",
        "$rows | Where-Object name -eq n2",
        "$rows | Where-Object none -eq $null | ForEach-Object id",
        "$rows | ConvertTo-Json",
        "$rows | ConvertTo-Json -Compress -AsArray",
        "$rows[0] | ConvertTo-Json | ConvertFrom-Json",
        "$rows | ConvertTo-Csv",
        "$rows | Export-Csv $file; Get-Content $file",
        "$rows | ConvertTo-Html -Fragment",
        "$rows | Format-Table | Out-String",
        "$rows | Format-Table id, name -AutoSize | Out-String",
        "$rows | Format-List | Out-String",
        "$rows | Format-Wide name | Out-String",
        "$rows | Out-String",
        "$narrow | Out-String",
        "$narrow[0] | Out-String",
        "$narrow | Format-Table -GroupBy name | Out-String",
        "Compare-Object $rows[0, 1] $rows[1, 2] -Property id | Sort-Object id",
        "$rows[0] | Add-Member -NotePropertyName more -NotePropertyValue 5; $rows[0].more; $rows[0] | Select-Object id, more | ConvertTo-Csv",
        "$rows | Add-Member -MemberType ScriptProperty -Name twice -Value { $this.id * 2 } -PassThru | ForEach-Object twice",
        "$copy = $rows[0] | Select-Object *; $copy.name = 'other'; $rows[0].name",
        "$rows | Get-Member -MemberType Properties | ForEach-Object Name",
        "$rows | Tee-Object -Variable t | Out-Null; $t.Count",
        "$rows | ForEach-Object name",
        "$rows | ForEach-Object -MemberName id",
        "$rows | Join-String name -Separator ','",
        "$rows | Out-GridView -ErrorAction SilentlyContinue 2>$null; 1",
        "$rows | Export-Clixml $file; (Import-Clixml $file).name",
        "$rows | Select-String n2 | ForEach-Object { \"$_\" }",
        "\"$($rows[0])\"",
        "$odd | ConvertTo-Json",
        "$odd | ConvertTo-Csv",
        "$odd | Select-Object *",
        "$odd | Format-List | Out-String",
    ];

    public static TheoryData<string> Scripts => [.. s_scripts];

    [Theory(Skip = SkipReason, SkipUnless = nameof(HasPowerShell))]
    [MemberData(nameof(Scripts))]
    public void A_row_is_treated_as_a_custom_object(string script)
    {
        var index = Array.IndexOf(s_scripts, script);
        Assert.NotEmpty(_outcome.OfObjects[index]);
        Assert.Equal(_outcome.OfObjects[index], _outcome.OfRows[index]);
    }

    [Fact(Skip = SkipReason, SkipUnless = nameof(HasPowerShell))]
    public void Where_a_row_differs_from_a_custom_object_it_is_known()
    {
        // A property that was added comes before those of the class.
        Assert.Equal(["more", "id", "name"], _outcome.Different[0].Split(' '));

        // Custom objects are all alike where no property is named; rows are told apart.
        Assert.Equal("=> <=", _outcome.Different[1]);
    }

    /// <summary>All scripts, run in one process.</summary>
    public sealed class Outcome : IAsyncLifetime
    {
        private readonly QueryModule _module = new();

        public IReadOnlyList<string> OfRows { get; private set; } = [];

        public IReadOnlyList<string> OfObjects { get; private set; } = [];

        public IReadOnlyList<string> Different { get; private set; } = [];

        public async ValueTask InitializeAsync()
        {
            if (!HasPowerShell)
            {
                return;
            }

            await _module.InitializeAsync();
            using var script = new TemporaryScript($$"""
                param($connectionString, $out)
                Import-Module '{{ModuleRunner.Manifest}}'
                $null = Connect-TenantDatabase -ConnectionString $connectionString -WarningAction SilentlyContinue
                $PSStyle.OutputRendering = 'PlainText'
                $file = "$out.file"
                $scripts = {{string.Join(", ", s_scripts.Select(s => $"'{s.Replace("'", "''", StringComparison.Ordinal)}'"))}}
                function Twin($rows) {
                    foreach ($row in $rows) { $copy = [ordered]@{}; foreach ($p in $row.psobject.Properties) { $copy[$p.Name] = $p.Value }; [pscustomobject]$copy }
                }
                function Run($asTwin) {
                    foreach ($script in $scripts) {
                        $rows = @(Invoke-TenantQuery -Tenant acme "select i as id, i / 2 as grp, 'n' || i as name, i * 1.5 as price, timestamptz '2024-01-02 03:04:05+00' + i * interval '1 day' as at, i % 2 = 0 as even, null as none, array[i, 2] as list from generate_series(1, 3) i")
                        $narrow = @(Invoke-TenantQuery -Tenant acme "select i as id, 'n' || i as name from generate_series(1, 2) i")
                        $odd = @(Invoke-TenantQuery -Tenant acme 'select 1 as " ", 2 as "a b", 3 as id, 4 as "ID", 5 as "Count", 6 as "Length", 7 as "Item", 8 as "ä€", 9 as "a.b[0]"')
                        if ($asTwin) { $rows = @(Twin $rows); $narrow = @(Twin $narrow); $odd = @(Twin $odd) }
                        $text = try { & ([scriptblock]::Create($script)) | Out-String -Width 200 } catch { "error: $_" }
                        "$text"
                    }
                }
                $rows = Invoke-TenantQuery -Tenant acme "select i as id, 'n' || i as name from generate_series(1, 3) i"
                $rows[0] | Add-Member -NotePropertyName more -NotePropertyValue 5
                $different = "$($rows[0].psobject.Properties.Name)", "$((Compare-Object $rows[0, 1] $rows[1, 2]).SideIndicator)"
                ConvertTo-Json @((Run $false), (Run $true), $different) -Compress | Set-Content $out
                """);
            var output = script.Path + ".out";
            try
            {
                using var process = Process.Start(new ProcessStartInfo("pwsh", ["-NoProfile", "-File", script.Path, _module.Database.AdminConnectionString, output]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
                var said = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
                await process.WaitForExitAsync();
                var lists = File.Exists(output) ? System.Text.Json.JsonSerializer.Deserialize<string[][]>(await File.ReadAllTextAsync(output)) : null;
                (OfRows, OfObjects, Different) = lists is [var rows, var objects, var different] ? (rows, objects, different) : throw new InvalidOperationException(said);
            }
            finally
            {
                File.Delete(output);
                File.Delete(output + ".file");
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (HasPowerShell)
            {
                await _module.DisposeAsync();
            }
        }
    }
}
