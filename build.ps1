<#
Every task of this repository. Runs in PowerShell 7.4 or later (./build.ps1 test), and by build.sh or build.cmd in the project's own shell,
which has PowerShell's language but not its Utility and Management cmdlets: hence .NET where you would expect those.

The parameters are all in $args, so that none of them is taken from the script that "shell" runs.
#>

$tasks = [ordered]@{
    Build = 'builds everything; then Import-Module ./Tenants.psd1 works'
    Test  = 'builds, and runs every test against a real PostgreSQL; test <text> only those with the text in their name'
    RedTeam = 'runs the enemy''s attacks on PostgreSQL 14, 15 and 18 (or the versions named), and writes what came of it into docs/security.md'
    Bench = 'measures speed against floors and peers, and writes docs/performance.md; bench quick: in two minutes, 1 where a goal is missed; bench online: a table of five million rows enabled under pgbench traffic, online and in one transaction, side by side (-rows 500000 for less)'
    Demo  = 'shows the main job, live, on a PostgreSQL of its own'
    Shell = 'a prompt with the module loaded and $sandbox connected; shell <script> <arguments> runs a script so, and returns its exit code'
    Clean = 'removes what was built'
}

$root = $PSScriptRoot
$configuration = 'Release'

function Show([string]$text) { $Host.UI.WriteLine($text) }

# Quiet as long as it goes well.
function Build-Project([string]$project) {
    [Console]::Error.WriteLine("Building $project ...")
    $path = [IO.Path]::Combine($root, $project)
    $lines = & dotnet build $path --configuration $configuration --nologo --verbosity quiet
    if ($LASTEXITCODE -eq 0) { return }
    foreach ($line in $lines) { Show $line }
    throw "$project does not build."
}

# Code for this machine beside the portable assemblies, which halves the first call of a process. Where it cannot be made, the module works all the same.
function Build-Native {
    [Console]::Error.WriteLine('Compiling the engine for this machine ...')
    $null = & dotnet build ([IO.Path]::Combine($root, 'src', 'Tenants.Native')) --nologo --verbosity quiet
    if ($LASTEXITCODE -ne 0) { [Console]::Error.WriteLine('The compiler for it cannot be had: first calls will take longer.') }
}

# Whether the module was built since its sources changed: a script that "shell" runs need not wait for the compiler to find out.
function Test-ModuleBuilt([string]$stamp) {
    if (-not [IO.File]::Exists($stamp)) { return $false }
    $built = [IO.File]::GetLastWriteTimeUtc($stamp)
    $sources = @([IO.Directory]::GetFiles($root, 'Directory.*.props')) + [IO.Path]::Combine($root, 'Tenants.psd1')
    foreach ($folder in 'Tenants.Abstractions', 'Tenants.Engine', 'Tenants.PowerShell') {
        $sources += [IO.Directory]::GetFiles([IO.Path]::Combine($root, 'src', $folder), '*', 'AllDirectories') -notmatch '[\\/](bin|obj)[\\/]'
    }

    foreach ($source in $sources) {
        if ([IO.File]::GetLastWriteTimeUtc($source) -gt $built) { return $false }
    }

    return $true
}

function Import-Built {
    $stamp = [IO.Path]::Combine($root, 'module', 'bin', 'built')
    if (-not (Test-ModuleBuilt $stamp)) {
        Build-Project 'src/Tenants.PowerShell'
        Build-Native
        [IO.File]::WriteAllText($stamp, '')
    }

    Import-Module ([IO.Path]::Combine($root, 'Tenants.psd1')) -Force -Global
}

function Invoke-Build {
    Build-Project 'Tenants.slnx'
    Build-Native
    Show "Built. Next: Import-Module $([IO.Path]::Combine($root, 'Tenants.psd1'))"
}

# Runs one test assembly, reports what failed as it fails, and gives the numbers.
function Invoke-TestAssembly([string]$name, [string[]]$filter) {
    $folder = [IO.Path]::Combine($root, 'tests', $name, 'bin', $configuration, 'net10.0')
    $report = [IO.Path]::Combine($root, 'output', "$name.xml")
    [void][IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($report))
    [IO.File]::Delete($report)

    $runner = @('-noLogo', '-noColor', '-reporter', 'quiet', '-xml', $report)
    foreach ($text in $filter) { $runner += '-method', "*$text*" }
    Show "Running $name ..."
    & dotnet ([IO.Path]::Combine($folder, "$name.dll")) @runner | Out-Host
    $exitCode = $LASTEXITCODE

    $result = @{ Name = $name; Passed = 0; Failed = 0; Skipped = 0; Crashed = $null; Reasons = @() }
    if (-not [IO.File]::Exists($report)) {
        $result.Crashed = "$name ended with exit code $exitCode before it could report."
        return $result
    }

    $xml = [xml][IO.File]::ReadAllText($report)
    foreach ($assembly in $xml.SelectNodes('//assembly')) {
        $result.Passed += [int]$assembly.GetAttribute('passed')
        $result.Failed += [int]$assembly.GetAttribute('failed') + [int]$assembly.GetAttribute('errors')
        $result.Skipped += [int]$assembly.GetAttribute('skipped')
    }

    foreach ($test in $xml.SelectNodes("//test[@result='Skip']")) {
        $result.Reasons += "skipped: $($test.GetAttribute('name')): $($test.SelectSingleNode('reason').InnerText)"
    }

    foreach ($test in $xml.SelectNodes("//test[@result='Fail']")) {
        $result.Reasons += "FAILED: $($test.GetAttribute('name'))"
    }

    # An error outside of a test: a fixture that could not be cleaned up, say.
    foreach ($problem in $xml.SelectNodes('//errors/error')) {
        $result.Reasons += "FAILED: $($problem.GetAttribute('type')) $($problem.GetAttribute('name'))"
    }

    return $result
}

# The module in a real PowerShell, where there is one with Pester.
function Invoke-Pester {
    $scripts = [IO.Directory]::GetFiles([IO.Path]::Combine($root, 'tests'), '*.Tests.ps1', 'AllDirectories')
    if ($scripts.Count -eq 0) { return }
    $result = @{ Name = 'Pester'; Passed = 0; Failed = 0; Skipped = 0; Crashed = $null; Reasons = @() }
    $probe = 'if (Get-Module -ListAvailable Pester | Where-Object Version -ge 5.0) { "pester" }'
    $pwsh = Get-Command pwsh -CommandType Application -ErrorAction Ignore
    if (-not $pwsh -or (& pwsh -NoProfile -Command $probe) -ne 'pester') {
        foreach ($script in $scripts) {
            $result.Skipped++
            $result.Reasons += "skipped: $([IO.Path]::GetFileName($script)): no pwsh with Pester 5 on this machine"
        }

        return $result
    }

    $run = '$r = Invoke-Pester -Path $env:TENANTS_PESTER_PATH -PassThru; "numbers $($r.PassedCount) $($r.FailedCount) $($r.SkippedCount)"'
    $env:TENANTS_PESTER_PATH = [IO.Path]::Combine($root, 'tests')
    foreach ($line in & pwsh -NoProfile -Command $run) {
        if ($line -match '^numbers (\d+) (\d+) (\d+)$') { $result.Passed, $result.Failed, $result.Skipped = [int[]]$Matches[1..3] }
        else { Show $line }
    }

    return $result
}

function Invoke-Test([string[]]$filter) {
    Build-Project 'Tenants.slnx'
    Build-Native
    $results = @(
        Invoke-TestAssembly 'Tenants.Engine.Tests' $filter
        Invoke-TestAssembly 'Tenants.PowerShell.Tests' $filter
        if (-not $filter) { Invoke-Pester }
    )

    $passed = $failed = $skipped = 0
    Show ''
    foreach ($result in $results) {
        $passed += $result.Passed
        $failed += $result.Failed
        $skipped += $result.Skipped
        foreach ($reason in $result.Reasons) { Show "  $reason" }
        if ($result.Crashed) {
            $failed++
            Show "  FAILED: $($result.Crashed)"
        }
    }

    if ($passed + $failed -eq 0) { Show 'No test ran.' }
    Show "$passed passed, $failed failed, $skipped skipped"
    if ($failed -gt 0 -or $passed -eq 0) { exit 1 }
}

# The attacks, on each version that can be had; the last run writes the tables.
function Invoke-RedTeam([string[]]$versions) {
    if (-not $versions) { $versions = '14', '15', '18' }
    Build-Project 'tests/Tenants.Engine.Tests'
    $runner = [IO.Path]::Combine($root, 'tests', 'Tenants.Engine.Tests', 'bin', $configuration, 'net10.0', 'Tenants.Engine.Tests.dll')
    $env:TENANTS_REDTEAM_DOCUMENT = [IO.Path]::Combine($root, 'docs', 'security.md')
    $failed = 0
    foreach ($version in $versions) {
        Show "The red team on PostgreSQL $version ..."
        $env:TENANTS_TEST_POSTGRES_VERSION = $version
        & dotnet $runner -noLogo -noColor -reporter quiet -class Tenants.Engine.Tests.RedTeam.RedTeamTests | Out-Host
        if ($LASTEXITCODE -ne 0) {
            $failed++
            Show "  FAILED on PostgreSQL $version."
        }
    }

    if ($failed -gt 0) { exit 1 }
    Show "Every attack is closed or listed: see docs/security.md."
}

# Measures on a server of its own; Ctrl+C ends it and its server.
function Invoke-Bench([string[]]$arguments) {
    Build-Project 'tests/Tenants.Benchmarks'
    Build-Native
    & dotnet ([IO.Path]::Combine($root, 'tests', 'Tenants.Benchmarks', 'bin', $configuration, 'net10.0', 'Tenants.Benchmarks.dll')) @arguments | Out-Host
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
}

function Invoke-Demo {
    Import-Built
    & ([IO.Path]::Combine($root, 'examples', 'demo.ps1'))
}

function Start-Session {
    Import-Built
    $global:sandbox = Start-TenantSandbox
    $sandbox | Connect-TenantDatabase | Out-Null
}

function Invoke-Clean {
    $folders = @([IO.Directory]::GetDirectories([IO.Path]::Combine($root, 'src'))) + [IO.Directory]::GetDirectories([IO.Path]::Combine($root, 'tests'))
    $targets = foreach ($folder in $folders) { [IO.Path]::Combine($folder, 'bin'); [IO.Path]::Combine($folder, 'obj') }
    foreach ($target in @($targets) + [IO.Path]::Combine($root, 'module', 'bin')) {
        if ([IO.Directory]::Exists($target)) { [IO.Directory]::Delete($target, $true) }
    }

    # The shell that runs this lies there: it goes the next time its sources change.
    $output = [IO.Directory]::CreateDirectory([IO.Path]::Combine($root, 'output')).FullName
    foreach ($report in [IO.Directory]::GetFiles($output)) { [IO.File]::Delete($report) }
}

$task, $rest = $args
if (-not $task) {
    Show 'Tasks:'
    foreach ($name in $tasks.Keys) { Show "    $($name.ToLowerInvariant().PadRight(7)) $($tasks[$name])" }
    return
}

switch ($task) {
    Build { Invoke-Build }
    Test { Invoke-Test $rest }
    RedTeam { Invoke-RedTeam $rest }
    Bench { Invoke-Bench $rest }
    Demo { Invoke-Demo }
    Clean { Invoke-Clean }
    Shell {
        Start-Session
        if (-not $rest) {
            Show "Connected to a PostgreSQL $($sandbox.Version) of your own: `$sandbox. It is gone with this prompt. Get-Command -Module Tenants lists the cmdlets."
            break
        }

        # Not in a try block: there, an error that the script would go on after would end it. The sandbox ends with the process.
        $script, $rest = $rest
        & ([IO.Path]::GetFullPath($script)) @rest
        $exitCode = if ($?) { 0 } else { $LASTEXITCODE }
        exit $exitCode
    }
    default {
        $Host.UI.WriteErrorLine("There is no task '$task'. The tasks are: $($tasks.Keys -join ', ').")
        exit 64
    }
}
