using System.Text;
using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Declarations;

/// <summary>Files as people and others may leave them. One database serves them all: none of them changes it.</summary>
public sealed class DeclarationFileTests : IAsyncLifetime, IDisposable
{
    private readonly DeclarationFolder _folder = new();
    private TestDatabase _database = null!;
    private ModuleRunner _shell = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.ExecuteAsync("create table todo_item (title text)");
        _shell = ModuleRunner.Connect(_database.AdminConnectionString);
    }

    [Theory]
    [InlineData("@{ Tables = $(New-Item $args[0]) }", "sub-expression")]
    [InlineData("@{ Tables = New-Item x }", "a command, or a text without quotes: New-Item x")]
    [InlineData("@{ Tables = todo_item }", "a text without quotes: todo_item")]
    [InlineData("@{ Tables = & { 'a' } }", "a command")]
    [InlineData("@{ Tables = 'a' | Write-Output }", "a pipeline")]
    [InlineData("@{ Tables = $env:HOME }", "a variable: $env:HOME")]
    [InlineData("@{ Tables = $PSScriptRoot }", "a variable: $PSScriptRoot")]
    [InlineData("@{ Tables = @($table) }", "a variable: $table")]
    [InlineData("@{ Tables = { 'a' } }", "a script block")]
    [InlineData("@{ Tables = @{ Table = 'a'; Backfill = { select 1 } } }", "SQL as a text in single quotes")]
    [InlineData("@{ Tables = [string]'a' }", "a type cast: [string]'a'")]
    [InlineData("@{ Tables = [IO.File] }", "a type: [IO.File]")]
    [InlineData("@{ Tables = [IO.File]::Delete('x') }", "an expression")]
    [InlineData("@{ Tables = ('a').Length }", "an expression")]
    [InlineData("@{ Tables = \"a$(1)\" }", "a text in double quotes that has to be run: $(1)")]
    [InlineData("@{ Tables = \"a$b\" }", "a text in double quotes that has to be run: $b")]
    [InlineData("@{ Tables = 'a' + 'b' }", "a calculation")]
    [InlineData("@{ Tables = if ($true) { 'a' } }", "a statement")]
    [InlineData("@{ Tables = @(foreach ($t in 1) { 'a' }) }", "a statement")]
    [InlineData("@{ Tables = $x = 'a' }", "an assignment")]
    [InlineData("[ordered]@{ Tables = 'a' }", "a type cast")]
    [InlineData("@{ \"T$x\" = 'a' }", "is no plain name")]
    [InlineData("@{ Tables = 'a' }; 'b'", "Something follows the declaration")]
    [InlineData("'a'", "holds no table of names")]
    [InlineData("", "The file is empty")]
    [InlineData("# nothing\n", "The file is empty")]
    [InlineData("param($x) @{ Tables = 'a' }", "a block of a script")]
    [InlineData("begin { } end { @{ Tables = 'a' } }", "a block of a script")]
    [InlineData("using namespace System\n@{ Tables = 'a' }", "a 'using' statement")]
    [InlineData("@{ Tables = 'a' } > out.txt", "a pipeline")]
    [InlineData("@{ Tables = @( 'a' }", "Missing closing ')'")]
    [InlineData("@{ Tables = 'a'; tables = 'b' }", "Duplicate keys")]
    [InlineData("@{ Tables = 'a", "The string is missing the terminator")]
    public void What_would_have_to_be_run_or_is_no_data_is_refused_with_its_line(string text, string expected)
    {
        var file = _folder.Write("\n\n" + text);

        var result = _shell.Run("Get-TenantRls -Declaration $args[0]", file);

        Assert.Equal("DeclarationInvalid", result.ErrorId);
        Assert.Contains(expected, result.ErrorMessage, StringComparison.Ordinal);
        Assert.Matches($"^{System.Text.RegularExpressions.Regex.Escape(file)}, line [1-4], column [0-9]+: .*Expected: ", result.ErrorMessage!.Split('\n')[0]);
        Assert.Equal([file], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void The_line_and_column_are_those_of_the_mistake()
    {
        var file = _folder.Write("@{\n    Tables = @(\n        'todo_item'\n        @{ Table = 'a'; Colum = 'x' }\n    )\n}\n");

        Assert.Contains("tenancy.psd1, line 4, column 25: A table has no key 'Colum'. Did you mean 'Column'?", _shell.Run("Get-TenantRls -Declaration $args[0]", file).ErrorMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@{ Tables = 'todo_item' }")]
    [InlineData("@{ Tables = \"todo_item\" }")]
    [InlineData("@{ Tables = @('todo_item',) }", false)]
    [InlineData("@{ Tables = ('todo_item') }")]
    [InlineData("@{ Tables = , 'todo_item' }")]
    [InlineData("@{ 'Tables' = @( @{ Table = 'todo_item'; Column = $null; Policies = $NULL } ) }")]
    [InlineData("<# why #> @{\n Tables = @'\ntodo_item\n'@ # here\n}\n\n# the end")]
    public void Constants_in_every_form_are_read(string text, bool reads = true)
    {
        var result = _shell.Run("(Get-TenantRls -Declaration $args[0]).Name", _folder.Write(text));

        Assert.Equal(reads ? "todo_item" : "DeclarationInvalid", reads ? result.EnsureSuccess().Single : result.ErrorId);
    }

    [Fact]
    public void A_byte_order_mark_decides_the_encoding_and_without_one_it_is_UTF8()
    {
        const string Text = "@{ Tables = 'todo_item' } # käse";
        foreach (var encoding in new Encoding[] { new UTF8Encoding(false), new UTF8Encoding(true), Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32 })
        {
            File.WriteAllText(_folder.File, Text, encoding);
            Assert.Equal("todo_item", _shell.Run("(Get-TenantRls -Declaration $args[0]).Name", _folder.File).EnsureSuccess().Single);
        }

        foreach (var encoding in new[] { new UnicodeEncoding(false, false), Encoding.Latin1 })
        {
            File.WriteAllText(_folder.File, Text, encoding);
            var result = _shell.Run("Get-TenantRls -Declaration $args[0]", _folder.File);
            Assert.Equal("DeclarationNotReadable", result.ErrorId);
            Assert.Contains("UTF-8", result.ErrorMessage, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_file_that_is_missing_a_directory_or_not_ours_is_named()
    {
        Assert.Equal("DeclarationNotFound", _shell.Run("Get-TenantRls -Declaration $args[0]", _folder.File).ErrorId);
        Assert.Equal("DeclarationNotFound", _shell.Run("Get-TenantRls -Declaration $args[0]", Path.Combine(_folder.Path, "no", "where.psd1")).ErrorId);
        var directory = _shell.Run("Get-TenantRls -Declaration $args[0]", _folder.Path);
        Assert.Equal("DeclarationNotReadable", directory.ErrorId);
        Assert.Contains("directory", directory.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal("DeclarationNotReadable", _shell.Run("Get-TenantRls -Declaration env:HOME").ErrorId);
        Assert.Equal("DeclarationNotReadable", _shell.Run("Get-TenantRls -Declaration nodrive:x").ErrorId);
    }

    [Fact]
    public void A_file_that_is_very_large_or_very_deep_is_refused_and_ends_nothing()
    {
        using (var file = File.Create(_folder.File))
        {
            file.SetLength(64L * 1024 * 1024 * 1024);
        }

        var large = _shell.Run("Get-TenantRls -Declaration $args[0]", _folder.File);
        File.WriteAllText(_folder.File, $"@{{ Tables = {string.Concat(Enumerable.Repeat("@(", 100))}'a'{new string(')', 100)} }}");
        var deep = _shell.Run("Get-TenantRls -Declaration $args[0]", _folder.File);
        File.WriteAllText(_folder.File, $"@{{ Tables = {string.Concat(Enumerable.Repeat("@(", 200000))}");
        var deeper = _shell.Run("Get-TenantRls -Declaration $args[0]", _folder.File);

        Assert.Equal("DeclarationNotReadable", large.ErrorId);
        Assert.Contains("MiB", large.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal("DeclarationInvalid", deep.ErrorId);
        Assert.Contains("too deep", deep.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal("DeclarationInvalid", deeper.ErrorId);
    }

    [Fact]
    public void A_path_is_relative_to_PowerShells_location_and_its_wildcards_mean_nothing()
    {
        var odd = Path.Combine(_folder.Path, "te[n]*.psd1");
        File.WriteAllText(odd, "@{ Tables = 'todo_item' }");
        File.WriteAllText(Path.Combine(_folder.Path, "ten.psd1"), "no data");

        var result = _shell.Run("$ExecutionContext.SessionState.Path.PushCurrentLocation('x'); $null = $ExecutionContext.SessionState.Path.SetLocation($args[0]); (Get-TenantRls -Declaration './te[n]*.psd1').Name", _folder.Path);

        Assert.Equal("todo_item", result.EnsureSuccess().Single);
    }

    public async ValueTask DisposeAsync()
    {
        _shell.Dispose();
        await _database.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();
}
