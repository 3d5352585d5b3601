/**
 * Names of one repository over its life: renames, moves and the forks that datasets use. The first is what others
 * are turned into. All in lower case. Splits, and the refusal to train on evaluation repositories, rest on this list.
 */
const SAME_REPOSITORY: readonly string[] = [
  'django/django felixxm/django',
  'matplotlib/matplotlib oscargus/matplotlib',
  'scikit-learn/scikit-learn ogrisel/scikit-learn',
  'pyvista/pyvista user27182/pyvista',
  'pylint-dev/pylint pycqa/pylint',
  'pylint-dev/astroid pycqa/astroid',
  'psf/requests kennethreitz/requests requests/requests',
  'psf/black ambv/black python/black',
  'pallets/flask mitsuhiko/flask',
  'pydantic/pydantic samuelcolvin/pydantic',
  'fastapi/fastapi tiangolo/fastapi',
  'astral-sh/ruff charliermarsh/ruff',
  'getmoto/moto spulec/moto',
  'treeverse/dvc iterative/dvc',
  'sqlfluff/sqlfluff alanmcruickshank/sqlfluff',
  'lightning-ai/pytorch-lightning pytorchlightning/pytorch-lightning williamfalcon/pytorch-lightning',
  'lightning-ai/torchmetrics pytorchlightning/metrics lightning-ai/metrics',
  'wandb/wandb wandb/client',
  'huggingface/transformers huggingface/pytorch-transformers huggingface/pytorch-pretrained-bert',
  'huggingface/datasets huggingface/nlp',
  'apache/mxnet apache/incubator-mxnet dmlc/mxnet',
  'apache/tvm apache/incubator-tvm dmlc/tvm',
  'apache/druid apache/incubator-druid druid-io/druid',
  'apache/lucene apache/lucene-solr',
  'apache/superset apache/incubator-superset airbnb/superset',
  'apache/airflow apache/incubator-airflow airbnb/airflow',
  'cvat-ai/cvat opencv/cvat openvinotoolkit/cvat',
  'containers/podman containers/libpod',
  'horovod/horovod uber/horovod',
  'pyro-ppl/pyro uber/pyro',
  'ansible/ansible-lint ansible-community/ansible-lint willthames/ansible-lint',
  'dmlc/xgboost tqchen/xgboost',
  'microsoft/lightgbm lightgbm-org/lightgbm',
  'ludwig-ai/ludwig uber/ludwig',
  'element-hq/element-web vector-im/element-web vector-im/riot-web',
  'ansible/ansible ansible-collections/ansible',
  'internetarchive/openlibrary openlibrary/openlibrary',
  'vuejs/core vuejs/vue-next',
  'mui/material-ui mui-org/material-ui callemall/material-ui',
  'axios/axios mzabriskie/axios',
  'preactjs/preact developit/preact',
  'facebook/docusaurus facebookincubator/docusaurus',
  'immutable-js/immutable-js facebook/immutable-js',
  'caddyserver/caddy mholt/caddy',
  'gohugoio/hugo spf13/hugo',
  'etcd-io/etcd coreos/etcd etcd/etcd',
  'rubocop/rubocop rubocop-hq/rubocop bbatsov/rubocop',
  'jekyll/jekyll mojombo/jekyll',
  'faker-ruby/faker stympy/faker',
  'fastlane/fastlane krausefx/fastlane',
  'php-cs-fixer/php-cs-fixer friendsofphp/php-cs-fixer fabpot/php-cs-fixer',
  'phpoffice/phpspreadsheet phpoffice/phpexcel',
  'briannesbitt/carbon carbonphp/carbon',
  'redis/redis antirez/redis',
  'jqlang/jq stedolan/jq',
  'projectlombok/lombok rzwitserloot/lombok',
  'reactivex/rxjava netflix/rxjava',
  'eclipse-vertx/vert.x vert-x3/vertx-core',
]

const CANONICAL: ReadonlyMap<string, string> = new Map(
  SAME_REPOSITORY.flatMap((line) => {
    const names = line.split(' ')
    return names.map((name): [string, string] => [name, names[0] ?? name])
  }),
)

/** One name for all names of a repository: lower-cased, renames and known forks resolved. */
export function repositoryIdentity(repo: string): string {
  const name = repo.toLowerCase()
  return CANONICAL.get(name) ?? name
}
