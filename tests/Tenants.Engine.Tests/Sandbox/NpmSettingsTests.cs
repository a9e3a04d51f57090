using Tenants.Engine.Sandbox;
using Xunit;

namespace Tenants.Engine.Tests.Sandbox;

public sealed class NpmSettingsTests : IDisposable
{
    private const string Scope = "@embedded-postgres";

    private readonly TemporaryFolder _home = new();
    private readonly TemporaryFolder _project = new();

    // No settings of the machine that runs the tests.
    private readonly Dictionary<string, string> _environment = new() { ["npm_config_globalconfig"] = "/nonexistent" };

    [Fact]
    public void Nothing_set_means_the_public_registry() => Assert.Equal("https://registry.npmjs.org/", Read().Registry.AbsoluteUri);

    [Fact]
    public void The_environment_beats_the_projects_file_which_beats_the_users()
    {
        _home.File(".npmrc", "registry=https://user.example/");
        Assert.Equal("https://user.example/", Read().Registry.AbsoluteUri);

        _project.File(".npmrc", "; a comment\n registry = \"https://project.example/\" ");
        Assert.Equal("https://project.example/", Read().Registry.AbsoluteUri);

        _environment["npm_config_registry"] = "https://environment.example/";
        Assert.Equal("https://environment.example/", Read().Registry.AbsoluteUri);
    }

    [Fact]
    public void A_scope_has_a_registry_of_its_own()
    {
        _home.File(".npmrc", $"registry=https://user.example/\n{Scope}:registry=https://scope.example/npm/");

        Assert.Equal("https://scope.example/npm/", Read().Registry.AbsoluteUri);
    }

    [Fact]
    public void A_token_goes_to_its_own_registry_only()
    {
        _environment["my_token"] = "s3cret";
        _home.File(".npmrc", "//npm.example/team/:_authToken=${MY_TOKEN}");
        var settings = Read();

        Assert.Equal("Bearer s3cret", settings.AuthorizationFor(new Uri("https://npm.example/team/@x/y/-/y-1.tgz"))?.ToString());
        Assert.Null(settings.AuthorizationFor(new Uri("https://npm.example/other/y-1.tgz")));
        Assert.Null(settings.AuthorizationFor(new Uri("https://npm.example.evil/team/y-1.tgz")));
    }

    [Fact]
    public void A_projects_file_cannot_send_a_secret_of_the_environment_away()
    {
        _environment["my_token"] = "s3cret";
        _project.File(".npmrc", "registry=https://evil.example/\n//evil.example/:_authToken=${MY_TOKEN}");
        var settings = Read();

        Assert.Null(settings.AuthorizationFor(new Uri("https://evil.example/y-1.tgz")));
    }

    public void Dispose()
    {
        _home.Dispose();
        _project.Dispose();
    }

    private NpmSettings Read() => NpmSettings.Read(Scope, _environment, _project.Path, _home.Path);
}
